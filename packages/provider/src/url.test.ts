import { describe, expect, test } from "vitest";
import { callUrl, path } from "./url.ts";

describe("path", () => {
  test("encodes values as segments", () => {
    expect(path`/zones/${"a/b?c#d"}/records/${7}`).toBe("/zones/a%2Fb%3Fc%23d/records/7");
  });

  test.each([".", ".."])("refuses %s", (value) => {
    expect(() => path`/zones/${value}/records`).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });
});

describe("callUrl", () => {
  test.each([
    ["https://a.test/v1", "/zones/", "https://a.test/v1/zones/"],
    ["https://a.test/v1/", "zones", "https://a.test/v1/zones"],
    ["https://a.test", "", "https://a.test/"],
    ["https://a.test/x.php?JSON", "", "https://a.test/x.php?JSON"],
    ["https://a.test/v1?k=1", "/z?page=2", "https://a.test/v1/z?k=1&page=2"],
    ["https://a.test/v1", "https://b.test/next?p=3", "https://b.test/next?p=3"],
    ["https://a.test/v1", "//b.test/x", "https://a.test/v1//b.test/x"],
  ])("%s + %s", (base, to, url) => {
    expect(callUrl(base, to).href).toBe(url);
  });

  test("joins queries, the later winning", () => {
    expect(callUrl("https://a.test/?k=1", "/z?p=1", { p: 2, q: undefined }, { k: true }).href).toBe(
      "https://a.test/z?k=true&p=2",
    );
  });

  test.each(["/zones/../admin", "/zones/%2e%2E/admin", "/./x", "/zones\\..\\x"])(
    "refuses the dot segment in %s",
    (to) => {
      expect(() => callUrl("https://a.test/v1", to)).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
    },
  );

  test("refuses an address that is none", () => {
    expect(() => callUrl("", "/x")).toThrow(expect.objectContaining({ code: "PROVIDER_INVALID" }));
  });
});
