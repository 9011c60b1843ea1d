import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "./suggest.ts";

const ids = ["cloudflare", "cloudns", "route53", "rfc2136", "pdns", "desec", "exec"];

describe("nearest", () => {
  it.each([
    ["cloudflair", ["cloudflare"]],
    ["CloudFlare", ["cloudflare"]],
    ["clodflare", ["cloudflare"]],
    ["lcoudflare", ["cloudflare"]],
    ["cloudfl", ["cloudflare"]],
    ["rfc2163", ["rfc2136"]],
    ["pdsn", ["pdns"]],
    ["route-53", ["route53"]],
  ])("%s", (typed, expected) => {
    expect(nearest(typed, ids).slice(0, 1)).toEqual(expected);
  });

  it("finds nothing where nothing is near", () => {
    expect(nearest("hetzner", ids)).toEqual([]);
    expect(nearest("x", ids)).toEqual([]);
  });

  it("names several that are as near", () => {
    expect(didYouMean("cloud", ids)).toBe("Did you mean cloudflare or cloudns?");
    expect(didYouMean("zzz", ids)).toBeUndefined();
  });
});
