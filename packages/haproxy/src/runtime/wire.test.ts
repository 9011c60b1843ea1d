import { expect, test } from "vitest";
import { escapeShownName, escapeWord, frameRequest } from "./wire.ts";

test("spaces, semicolons and backslashes are escaped; nothing else means anything", () => {
  expect(escapeWord("/a b;c\\d'e\".pem")).toBe("/a\\ b\\;c\\\\d'e\".pem");
  expect(escapeShownName("*x.pem")).toBe("\\\\*x.pem");
  expect(escapeShownName("/x.pem")).toBe("/x.pem");
});

test.each(["", "a\nshow info", "a\rb", "a\0b", "a <<", "\u007f"])("%j cannot be a word", (word) => {
  expect(() => escapeWord(word)).toThrow(expect.objectContaining({ code: "HAPROXY_UNSAFE_NAME" }));
});

test("a payload ends in one empty line and has no other", () => {
  expect(frameRequest("show info")).toBe("show info\n");
  expect(frameRequest("set ssl cert x", "a\nb\n")).toBe("set ssl cert x <<\na\nb\n\n");
  expect(frameRequest("set ssl cert x", "a\nb")).toBe("set ssl cert x <<\na\nb\n\n");
  for (const payload of ["", "\n", "a\n\nb", "\na", "a\r\nb", "a\n\n"]) {
    expect(() => frameRequest("set ssl cert x", payload)).toThrow(TypeError);
  }
});
