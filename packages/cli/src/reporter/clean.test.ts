import { describe, expect, it } from "vitest";
import { clean, cleanJson } from "./clean.ts";

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
    ["::set-output name=renewed::true", ": :set-output name=renewed::true"],
    ["  \u0000::add-mask::e", "  : :add-mask::e"],
    ["::1 is an address", "::1 is an address"],
    ["the CA says ##[set-output name=renewed]true", "the CA says # #[set-output name=renewed]true"],
    ["#\u200b#[add-path]/tmp", "# #[add-path]/tmp"],
    ["##vso[task.setvariable variable=a]b", "# #vso[task.setvariable variable=a]b"],
    ["###[error]x", "## #[error]x"],
    ["## heading", "## heading"],
  ])("%j", (dirty, expected) => {
    expect(clean(dirty)).toBe(expected);
  });

  it("leaves no control character of any kind", () => {
    const all = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join("x");
    expect(clean(all)).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  it("leaves no command in JSON, and the value as it was", () => {
    const value = { message: "a ##[set-output name=renewed]true ###vso[x]", path: "\\##[y]" };
    const json = cleanJson(JSON.stringify(value));
    expect(json).not.toMatch(/##\w*\[/);
    expect(JSON.parse(json)).toEqual(value);
  });
});
