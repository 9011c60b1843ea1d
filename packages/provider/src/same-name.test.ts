import { expect, test } from "vitest";
import { sameName } from "./same-name.ts";

test.each([
  ["Example.COM.", "example.com", true],
  ["_acme-challenge.www", "_ACME-challenge.WWW", true],
  ["@", "", true],
  ["bücher.example", "xn--bcher-kva.example", true],
  ["_acme-challenge.bücher", "_acme-challenge.xn--bcher-kva", true],
  ["a.example.com", "example.com", false],
  ["wwwexample.com", "www.example.com", false],
])("%s and %s: %s", (one, other, same) => {
  expect(sameName(one, other)).toBe(same);
});
