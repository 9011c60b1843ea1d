import { describe, expect, it } from "vitest";
import { createSecrets, mostPassing } from "./secrets.ts";

describe("createSecrets", () => {
  it("masks a value as it is, in URLs, in JSON and in base64", () => {
    const secrets = createSecrets();
    const value = 'to/k"en+1';
    secrets.add(value);
    const base64 = Buffer.from(value).toString("base64");
    const shown = secrets.mask(`${value} ?t=${encodeURIComponent(value)} ${JSON.stringify({ value })} ${base64}`);
    expect(shown).toBe('[secret] ?t=[secret] {"value":"[secret]"} [secret]');
  });

  it("masks the longer of two that begin alike", () => {
    const secrets = createSecrets();
    secrets.add("abcd");
    secrets.add("abcdefgh");
    expect(secrets.mask("abcdefgh abcd")).toBe("[secret] [secret]");
  });

  it("masks a key line by line, and what a file's last line end would hide", () => {
    const secrets = createSecrets();
    secrets.add("-----BEGIN KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END KEY-----\n");
    secrets.add("from-a-file\n");
    expect(secrets.mask("MIGHAgEAMBMGByqGSM49 from-a-file")).toBe("[secret] [secret]");
  });

  it("forgets of those that pass the oldest, and nothing else", () => {
    const secrets = createSecrets();
    const token = (number: number) => `token-${number}.`;
    secrets.add("lasting");
    for (let number = 0; number < mostPassing; number += 1) secrets.addPassing(token(number));
    secrets.addPassing(token(0));
    secrets.addPassing(token(mostPassing));
    expect(secrets.mask(`lasting ${token(0)} ${token(1)} ${token(2)} ${token(mostPassing)}`)).toBe(
      `[secret] [secret] ${token(1)} [secret] [secret]`,
    );
  });

  it("leaves what is too short to be a secret", () => {
    const secrets = createSecrets();
    secrets.add("abc");
    secrets.add("");
    expect(secrets.mask("abc")).toBe("abc");
  });

  it("masks every string in JSON", () => {
    const secrets = createSecrets();
    secrets.add("hush-hush");
    const at = new Date(0);
    expect(secrets.maskAll({ a: ["x hush-hush", { b: "hush-hush" }], at, n: 1, z: null })).toEqual({
      a: ["x [secret]", { b: "[secret]" }],
      at: "1970-01-01T00:00:00.000Z",
      n: 1,
      z: null,
    });
  });
});
