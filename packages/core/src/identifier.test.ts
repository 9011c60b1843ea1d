import { describe, expect, it } from "vitest";
import { orderedIdentifier, parseIdentifier, sameIdentifiers, uniqueIdentifiers } from "./identifier.ts";

describe("parseIdentifier", () => {
  it.each([
    ["Example.COM.", "dns", "example.com"],
    ["*.Example.com", "dns", "*.example.com"],
    ["bücher.example", "dns", "xn--bcher-kva.example"],
    ["_srv.example.com", "dns", "_srv.example.com"],
    ["github.io", "dns", "github.io"],
    ["192.0.2.1", "ip", "192.0.2.1"],
    ["2001:DB8:0:0::1", "ip", "2001:db8::1"],
    ["[2001:db8::1]", "ip", "2001:db8::1"],
  ])("reads %s as %s %s", (text, type, value) => {
    expect(parseIdentifier(text)).toEqual({ type, value });
  });

  it.each([
    ["*.*.example.com", "IDENTIFIER_WILDCARD"],
    ["*", "IDENTIFIER_WILDCARD"],
    ["a*.example.com", "IDENTIFIER_WILDCARD"],
    ["www.*.example.com", "IDENTIFIER_WILDCARD"],
    ["co.uk", "IDENTIFIER_PUBLIC_SUFFIX"],
    ["*.co.uk", "IDENTIFIER_PUBLIC_SUFFIX"],
    ["", "IDENTIFIER_BAD"],
    ["a..example.com", "IDENTIFIER_BAD"],
    [`${"a".repeat(64)}.example.com`, "IDENTIFIER_BAD"],
    [`${"a.".repeat(122)}example.com`, "IDENTIFIER_BAD"],
    [`*.${"a.".repeat(121)}example.com`, "IDENTIFIER_BAD"],
    ["exa mple.com", "IDENTIFIER_BAD"],
    ["../etc/passwd", "IDENTIFIER_BAD"],
    ["-d", "IDENTIFIER_BAD"],
  ])("refuses %j as %s and says what to do", (text, code) => {
    expect(() => parseIdentifier(text)).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(/./) }));
  });
});

it.each(["https://www.example.com/x", "www.example.com:443", "http://www.example.com"])(
  "says of %s which name it is",
  (text) => {
    const fault = { code: "IDENTIFIER_BAD", hint: "Give the name alone: www.example.com." };
    expect(() => parseIdentifier(text)).toThrow(expect.objectContaining(fault));
  },
);

it("compares lists of names whatever their order, and drops duplicates in it", () => {
  const names = ["b.test", "a.test", "b.test"].map(parseIdentifier);
  expect(uniqueIdentifiers(names).map(({ value }) => value)).toEqual(["b.test", "a.test"]);
  expect(sameIdentifiers(names, ["a.test", "b.test"].map(parseIdentifier))).toBe(true);
  expect(sameIdentifiers(names, ["a.test"].map(parseIdentifier))).toBe(false);
});

it("gives a wildcard authorization its star back", () => {
  const identifier = parseIdentifier("example.com");
  expect(orderedIdentifier({ identifier, wildcard: true }).value).toBe("*.example.com");
  expect(orderedIdentifier({ identifier, wildcard: false })).toBe(identifier);
});
