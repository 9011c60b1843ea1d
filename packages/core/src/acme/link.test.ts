import { expect, test } from "vitest";
import { parseLinks } from "./link.ts";

test("links are read from one or several fields", () => {
  expect(
    parseLinks(['<https://ca.example/dir>;rel="index"', '</a/1>; title="a, b"; rel=alternate, <x>; rel="up next"']),
  ).toEqual([
    { url: "https://ca.example/dir", rel: "index" },
    { url: "/a/1", rel: "alternate" },
    { url: "x", rel: "up next" },
  ]);
});

test("what is no link is left out", () => {
  expect(parseLinks("<https://ca.example/x>, garbage; rel=alternate, <a b>;rel=up")).toEqual([]);
  expect(parseLinks(undefined)).toEqual([]);
});

test("a flood of links ends", () => {
  expect(parseLinks("<x>;rel=alternate,".repeat(10_000))).toHaveLength(30);
});
