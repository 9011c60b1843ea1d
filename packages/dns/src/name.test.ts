import { describe, expect, it } from "vitest";
import { isWildcard, isWithin, normalizeName, parents, relativeName, stripWildcard } from "./name.ts";
import { isPublicSuffix, publicSuffixKind } from "./public-suffix.ts";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"b".repeat(61)}`;

describe("normalizeName", () => {
  it.each([
    ["Example.COM.", "example.com"],
    ["_acme-challenge.example.com", "_acme-challenge.example.com"],
    ["*.Example.com", "*.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.bücher。example", "*.xn--bcher-kva.example"],
    ["XN--BCHER-KVA.example", "xn--bcher-kva.example"],
    ["faß.de", "xn--fa-hia.de"],
    [label63, label63],
    [name253, name253],
    [`${name253}.`, name253],
  ])("gives %j as %j", (text, name) => {
    expect(normalizeName(text)).toBe(name);
  });

  it.each([
    ["", "empty"],
    [".", "empty"],
    ["a..b", "empty label"],
    [".a", "empty label"],
    ["a..", "empty label"],
    [`${label63}a.b`, "has 64 bytes"],
    [`${name253}b`, "254 bytes long"],
    [`*.${name253}`, "255 bytes long"],
    ["*", "leftmost"],
    ["*.*.x", "leftmost"],
    ["a.*.x", "leftmost"],
    ["a*.x", "leftmost"],
    ["a b.example", 'the character " "'],
    ["a\u0000.example", 'the character "\\u0000"'],
    ["https://example.com", 'the character ":"'],
    ["-a.example", "hyphen"],
    ["a-.example", "hyphen"],
    ["xn--a.example", "punycode"],
    ["xn--zz9999999.example", "punycode"],
    ["\u200dab.example", "international"],
    ["bü%63her.example", "international"],
    ["0x7f.1", "ends in a number"],
    ["192.0.2", "ends in a number"],
    ["192.0.2.1", "IP address"],
    ["１２７.0.0.1", "IP address"],
    ["2001:db8::1", "IP address"],
  ])("refuses %j: %s", (text, reason) => {
    expect(() => normalizeName(text)).toThrow(
      expect.objectContaining({ code: "DNS_BAD_NAME", message: expect.stringContaining(reason) }),
    );
  });

  it("cuts hostile input in its message", () => {
    expect(() => normalizeName(`${"x".repeat(5000)}`)).toThrow(/^.{0,300}$/);
  });
});

describe("names in zones", () => {
  it("knows wildcards", () => {
    expect([isWildcard("*.a.b"), isWildcard("a.b"), stripWildcard("*.a.b"), stripWildcard("a.b")]).toEqual([
      true,
      false,
      "a.b",
      "a.b",
    ]);
  });

  it("is within its own zone and those above, not beside", () => {
    expect(["a.b", "x.a.b", "xa.b", "b"].map((name) => isWithin(name, "a.b"))).toEqual([true, true, false, false]);
  });

  it("cuts the zone off", () => {
    expect(relativeName("a.b", "a.b")).toBe("@");
    expect(relativeName("_acme-challenge.x.a.b", "a.b")).toBe("_acme-challenge.x");
    expect(() => relativeName("xa.b", "a.b")).toThrow(expect.objectContaining({ code: "DNS_BAD_NAME" }));
  });

  it("lists parents longest first", () => {
    expect(parents("a.b.c")).toEqual(["b.c", "c"]);
    expect(parents("c")).toEqual([]);
  });
});

describe("public suffixes", () => {
  it.each([
    ["com", "icann"],
    ["co.uk", "icann"],
    ["foo.ck", "icann"],
    ["xn--p1ai", "icann"],
    ["github.io", "private"],
    ["dedyn.io", "private"],
    ["lan", "unlisted"],
    ["www.ck", undefined],
    ["example.com", undefined],
    ["example.test", undefined],
    ["_acme-challenge.github.io", undefined],
  ])("%s is %s", (name, kind) => {
    expect(publicSuffixKind(name)).toBe(kind);
    expect(isPublicSuffix(name)).toBe(kind !== undefined);
  });
});
