import { describe, expect, test } from "vitest";
import { createHostCheck } from "./hosts.ts";

const check = createHostCheck({
  urls: ["https://api.example.com/v1", "http://127.0.0.1:8081/api", "not a url"],
  hosts: ["login.example.com", "*.regions.example.com", "odd.example.com:8443"],
});

describe("createHostCheck", () => {
  test.each([
    "https://api.example.com/other",
    "http://127.0.0.1:8081/",
    "https://LOGIN.example.com/token",
    "https://eu.regions.example.com/",
    "https://a.b.regions.example.com/",
    "https://odd.example.com:8443/",
  ])("lets %s through", (url) => {
    expect(() => check(new URL(url))).not.toThrow();
  });

  test.each([
    "http://api.example.com/v1",
    "https://api.example.com:444/",
    "https://127.0.0.1:8081/",
    "http://127.0.0.1:8082/",
    "https://regions.example.com/",
    "https://evilregions.example.com/",
    "https://login.example.com.evil.test/",
    "https://login.example.com:8443/",
    "https://odd.example.com/",
    "https://user:password@api.example.com/",
    "file:///etc/passwd",
    "ftp://api.example.com/",
  ])("refuses %s", (url) => {
    expect(() => check(new URL(url))).toThrow(expect.objectContaining({ code: "PROVIDER_HOST_NOT_DECLARED" }));
  });
});
