import { describe, expect, it } from "vitest";
import { keyTypes, readKeyType } from "./key-type.ts";
import { readPropagation } from "./propagation.ts";

describe("readPropagation", () => {
  it.each([
    ["120", { mode: "check", seconds: 120 }],
    ["90s", { mode: "check", seconds: 90 }],
    ["5m", { mode: "check", seconds: 300 }],
    ["0", { mode: "check", seconds: 0 }],
    ["fixed:30", { mode: "fixed", seconds: 30 }],
    ["fixed:2m", { mode: "fixed", seconds: 120 }],
    ["off", { mode: "off" }],
  ])("%s", (text, expected) => {
    expect(readPropagation(text)).toEqual(expected);
  });

  it.each(["", "-1", "1.5", "off:3", "fixed:", "fixed:off", "1h", "86401", "99999m", " 5"])("refuses %j", (text) => {
    expect(() => readPropagation(text)).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
  });
});

describe("readKeyType", () => {
  it.each([
    ["EC256", "ec256"],
    ["P-384", "ec384"],
    ["ecdsa-p256", "ec256"],
    ["secp256r1", "ec256"],
    ["RSA-4096", "rsa4096"],
    ["2048", "rsa2048"],
  ])("%s", (text, expected) => {
    expect(readKeyType(text)).toBe(expected);
  });

  it("leaves every type as it is, and makes none of what is none", () => {
    for (const type of keyTypes) expect(readKeyType(type)).toBe(type);
    for (const other of ["rsa1024", "ec521", "p512", "ed25519"]) expect(keyTypes).not.toContain(readKeyType(other));
  });
});
