import { describe, expect, it } from "vitest";
import { table } from "./table.ts";
import { cut, pad, widthOf } from "./width.ts";

describe("width", () => {
  it("counts wide characters twice and combining ones not at all", () => {
    expect(widthOf("abc")).toBe(3);
    expect(widthOf("日本")).toBe(4);
    expect(widthOf("e\u0301")).toBe(1);
    expect(widthOf("🚀")).toBe(2);
  });

  it("cuts to cut, with a mark", () => {
    expect(cut("abcdef", 6)).toBe("abcdef");
    expect(cut("abcdef", 4)).toBe("abc…");
    expect(cut("日本語", 4)).toBe("日…");
    expect(cut("abc", 1)).toBe("…");
    expect(cut("abc", 0)).toBe("");
  });

  it("pads by columns, not by characters", () => {
    expect(pad("日", 4)).toBe("日  ");
    expect(pad("abcdef", 4)).toBe("abcdef");
  });
});

describe("table", () => {
  it("aligns columns and leaves no blanks at the end", () => {
    expect(
      table([
        ["NAME", "ENDS"],
        ["a", ""],
        ["longer", "now"],
      ]),
    ).toEqual(["NAME    ENDS", "a", "longer  now"]);
    expect(table([])).toEqual([]);
  });
});
