import { describe, expect, test } from "vitest";
import type { CrtListEntry } from "../runtime/listings.ts";
import { type AddFacts, type PathKind, storeOf, wayToAdd } from "./references.ts";

const entry = (certificate: string, options = "", ...filters: string[]): CrtListEntry => ({
  certificate,
  line: 1,
  options,
  filters,
});
const lists = new Map([
  ["/certs", [entry("/certs/a.pem"), entry("/certs/b.pem")]],
  ["/list.txt", [entry("/a.pem", "alpn h2"), entry("/certs/a.pem")]],
  ["@www", [entry("/use.pem")]],
]);
const paths: Record<string, PathKind> = { "/certs": "directory", "/list.txt": "file" };
const pathKind = (path: string): PathKind => paths[path] ?? "unknown";

test("names of a crt-store", () => {
  expect(["@web/main", "@/main", "@web", "/a@b/c", "@web/"].map(storeOf)).toEqual([
    "web",
    "",
    undefined,
    undefined,
    undefined,
  ]);
});

describe("how to add a certificate", () => {
  const facts = (changes: Partial<AddFacts>): AddFacts => ({
    list: "/certs",
    name: "/certs/new.pem",
    hasOptions: false,
    lists,
    certificates: ["/one.pem", "@web/main"],
    pathKind,
    ...changes,
  });
  test.each<[string, Partial<AddFacts>, object]>([
    ["to a directory", {}, { kind: "directory", list: "/certs" }],
    // The files of another machine cannot be looked at; the entries tell.
    ["to a directory elsewhere", { pathKind: () => "unknown" }, { kind: "directory", list: "/certs" }],
    [
      "to a crt-list elsewhere",
      { list: "/list.txt", name: "/x.pem", pathKind: () => "unknown" },
      { kind: "crt-list", list: "/list.txt" },
    ],
    ["to a crt-list", { list: "/list.txt", name: "/x.pem", hasOptions: true }, { kind: "crt-list", list: "/list.txt" }],
    ["to a frontend", { list: "@www", name: "/x.pem", hasOptions: true }, { kind: "frontend", list: "@www" }],
    ["outside the directory", { name: "/x.pem" }, { kind: "wrong" }],
    ["below the directory", { name: "/certs/sub/x.pem" }, { kind: "wrong" }],
    ["where a reload would skip it", { name: "/certs/.x.pem" }, { kind: "wrong" }],
    ["to a directory, with options", { hasOptions: true }, { kind: "wrong" }],
    ["beside a single file", { list: "/one.pem" }, { kind: "reload" }],
    ["to a crt-store", { list: "@web", name: "/x.pem" }, { kind: "reload" }],
    ["as an alias", { list: "/list.txt", name: "@web/new" }, { kind: "reload" }],
    ["to nothing known", { list: "/nothing" }, { kind: "unknown" }],
  ])("%s", (_, changes, way) => expect(wayToAdd(facts(changes))).toMatchObject(way));
});
