import { isCertwrightError } from "@certwright/provider";
import { expect, test } from "vitest";
import { endpointOf, hosts, tokenUrlOf } from "./endpoints.ts";
import provider from "./index.ts";

const standard = provider.endpoint ?? "";

test("a region has its own API and its own token endpoint, all of declared hosts", () => {
  expect(endpointOf("ovh-eu", standard)).toBe(standard);
  expect(endpointOf("ovh-ca", standard)).toBe("https://ca.api.ovh.com/1.0");
  expect(tokenUrlOf(endpointOf("ovh-us", standard))).toBe("https://us.ovhcloud.com/auth/oauth2/token");
  expect(hosts).toContain(new URL(tokenUrlOf(endpointOf("kimsufi-ca", standard))).host);
});

test("an endpoint of one's own wins, and a region may be an address", () => {
  expect(endpointOf("ovh-ca", "http://127.0.0.1:1/1.0")).toBe("http://127.0.0.1:1/1.0");
  expect(endpointOf("https://ca.api.ovh.com/1.0", standard)).toBe("https://ca.api.ovh.com/1.0");
});

test("an unknown region is named, with those there are", () => {
  try {
    endpointOf("ovh-mars", standard);
    expect.unreachable();
  } catch (error) {
    expect(isCertwrightError(error) && [error.code, error.hint]).toEqual([
      "PROVIDER_INVALID",
      expect.stringContaining("soyoustart-ca"),
    ]);
  }
});
