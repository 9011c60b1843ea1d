import { describe, expect, test } from "vitest";
import { quote, split255, unquote } from "./txt.ts";

const values = [
  "plain",
  "",
  "with space",
  'a "quote"',
  "back\\slash",
  "semi;colon",
  "é€😀",
  "x".repeat(255),
  "y".repeat(256),
  "ü".repeat(400),
  "\t\n\u0000",
  "-leading",
  "1\\2",
];

describe("quote and unquote", () => {
  test.each(values)("give %j back", (value) => {
    expect(unquote(quote(value))).toBe(value);
  });

  test.each([
    ["plain", '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["é", '"\\195\\169"'],
    ["x".repeat(256), `"${"x".repeat(255)}" "x"`],
  ])("quote %j", (value, quoted) => {
    expect(quote(value)).toBe(quoted);
  });

  test.each([
    ["bare", "bare"],
    ["two words", "two words"],
    ['"a" "b"', "ab"],
    ['  "a"\t"b"  ', "ab"],
    ['"a""b"', "ab"],
    ['bare "quoted"', "barequoted"],
    ["\\195\\169", "é"],
    ['"\\;x"', ";x"],
  ])("unquote %j", (text, value) => {
    expect(unquote(text)).toBe(value);
  });

  test.each(['"open', '"a\\', '"\\256"', '"\\1"', '"\\12x"'])("refuses %j", (text) => {
    expect(() => unquote(text)).toThrow(expect.objectContaining({ code: "PROVIDER_BAD_ANSWER" }));
  });
});

test("split255 cuts by bytes and never inside a character", () => {
  const parts = split255(`${"a".repeat(254)}é${"b".repeat(300)}`);
  expect(parts.map((part) => Buffer.byteLength(part))).toEqual([254, 255, 47]);
  expect(split255("")).toEqual([""]);
});
