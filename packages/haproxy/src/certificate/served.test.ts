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
  const shadow = { frontend: "f/1", sni: "a.test", certificate: "/other.pem" };
  expect(findShadows(rows, new Set(["/ours.pem"]))).toEqual([shadow]);
  expect(findShadows(rows, new Set(["/elsewhere.pem", "/rsa.pem"]))).toEqual([]);
  expect(findShadows(rows, new Set(["/ours.pem", "/elsewhere.pem"]))).toEqual([shadow]);
});
