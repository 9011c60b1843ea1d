import { describe, expect, test } from "vitest";
import { createMasker, maskError, printable } from "./mask.ts";

const secret = 'p@ss/w"rd & <more>+é';

describe("createMasker", () => {
  test.each([
    ["as it is", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["URL-encoded in lower case", encodeURIComponent(secret).toLowerCase()],
    ["form-encoded", new URLSearchParams({ k: secret }).toString()],
    ["in JSON", JSON.stringify({ k: secret })],
    ["in XML", `<k>${secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</k>`],
    ["base64", Buffer.from(secret).toString("base64")],
    ["base64url", Buffer.from(secret).toString("base64url")],
  ])("hides a secret %s", (_form, text) => {
    const masked = createMasker([secret])(`before ${text} after`);
    expect(masked).toContain("***");
    expect(masked).toMatch(/^before .* after$/);
    for (const part of ["p@ss", "p%40ss", "rd &", text.slice(2, 14)])
      expect(masked.toLowerCase()).not.toContain(part.toLowerCase());
  });

  test("hides the longer of two first", () => {
    expect(createMasker(["abc", "abcdef"])("abcdef abc")).toBe("*** ***");
  });

  test("hides lines of a key, and secrets learnt later", () => {
    const mask = createMasker(["-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG\nshort\n-----END PRIVATE KEY-----"]);
    expect(mask("x MIIEvgIBADANBgkqhkiG y")).toBe("x *** y");
    expect(mask("-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
    mask.add("session-1");
    expect(mask("id session-1")).toBe("id ***");
  });

  test("leaves everything alone for empty or tiny secrets", () => {
    expect(createMasker(["", "a", "  "])("a b c")).toBe("a b c");
  });
});

describe("maskError", () => {
  test("masks message, stack and causes and keeps name and code", () => {
    const inner = Object.assign(new Error("header Token hunter22"), {
      code: "ECONNRESET",
      request: { token: "hunter22" },
    });
    const masked = maskError(new TypeError("sent hunter22", { cause: inner }), createMasker(["hunter22"]));
    expect(masked).toMatchObject({
      name: "TypeError",
      message: "sent ***",
      cause: { message: "header Token ***", code: "ECONNRESET" },
    });
    expect(`${masked.stack}${(masked.cause as Error).stack}${JSON.stringify(masked.cause)}`).not.toContain("hunter22");
  });

  test("makes an error of anything", () => {
    expect(maskError("said hunter22", createMasker(["hunter22"])).message).toBe("said ***");
    expect(maskError({ token: "hunter22" }, createMasker()).message).not.toContain("hunter22");
  });
});

test("printable makes one short harmless line", () => {
  expect(printable("a\u001b[31mb\r\nc\u202ed")).toBe("a [31mb c d");
  expect(printable("x".repeat(500))).toHaveLength(300);
});
