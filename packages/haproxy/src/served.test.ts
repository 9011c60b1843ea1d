import { expect, test } from "vitest";
import { findShadows } from "./served.ts";

test("another certificate with the same name, place and type is a shadow; the default row is not", () => {
  const row = (frontend: string, sni: string, type: string, certificate: string) => ({
    frontend,
    sni,
    type,
    certificate,
  });
  const rows = [
    row("f/1", "a.test", "ecdsa", "/ours.pem"),
    row("f/1", "*", "ecdsa", "/ours.pem"),
    row("f/1", "a.test", "ecdsa", "/other.pem"),
    row("f/1", "a.test", "rsa", "/rsa.pem"),
    row("f/2", "a.test", "ecdsa", "/elsewhere.pem"),
    row("f/1", "*", "ecdsa", "/default.pem"),
  ];
  expect(findShadows(rows, "/ours.pem")).toEqual([rows[2]]);
  expect(findShadows(rows, "/elsewhere.pem")).toEqual([]);
});
