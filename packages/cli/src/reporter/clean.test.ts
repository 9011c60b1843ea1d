import { describe, expect, it } from "vitest";
import { clean } from "./clean.ts";

describe("clean", () => {
  it.each([
    ["plain text stays: äöü 日本語", "plain text stays: äöü 日本語"],
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007x", "x"],
    ["\u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007", "link"],
    ["a\r\nb\n\tc", "a b c"],
    ["overwritten\rerror", "overwritten error"],
    ["bell\u0007 nul\u0000 c1\u009b31m", "bell nul c1"],
    ["user\u202Etxt.exe", "usertxt.exe"],
    ["zero\u200bwidth\ufeff", "zerowidth"],
    ["  indented  ", "  indented"],
  ])("%j", (dirty, expected) => {
    expect(clean(dirty)).toBe(expected);
  });

  it("leaves no control character of any kind", () => {
    const all = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join("x");
    expect(clean(all)).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});
