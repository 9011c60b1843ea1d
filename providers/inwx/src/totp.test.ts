import { isCertwrightError } from "@certwright/provider";
import { expect, test } from "vitest";
import { totp } from "./totp.ts";

/** `12345678901234567890`, the secret of RFC 6238 appendix B, whose codes have eight digits; ours are their last six. */
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

test.each([
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
])("the code at %i s is that of RFC 6238 appendix B", (seconds, code) => {
  expect(totp(secret, seconds * 1000)).toBe(code);
});

test("spaces, hyphens, padding and small letters are how people copy it", () => {
  expect(totp("gezd gnbv-gy3tqojqgezdgnbvgy3tqojq====", 59_000)).toBe("287082");
});

test("what is not base32 is refused without being shown", () => {
  const attempt = () => totp("not-base32-0189", 0);
  expect(attempt).toThrow("the shared secret is not base32");
  try {
    attempt();
  } catch (error) {
    expect(isCertwrightError(error) && error.code).toBe("PROVIDER_AUTH");
    expect(String(error)).not.toContain("0189");
  }
});
