import { expect, test } from "vitest";
import type { CertificateDetails } from "../runtime/listings.ts";
import { parseNode } from "../runtime/node.ts";
import { type DiskOptions, mapPath, planFiles } from "./files.ts";

const local = parseNode("/run/a.sock");
const remote = parseNode("tls://lb:1?ca=/a&cert=/b&key=/c");
const shown = (facts: Partial<CertificateDetails>): CertificateDetails => ({
  name: "x",
  status: "Used",
  names: [],
  chainSubjects: [],
  ...facts,
});
const map = [
  { haproxy: "/etc/haproxy", local: "/srv/lb/" },
  { haproxy: "/etc/haproxy/certs/", local: "/srv/certs" },
];

test.each<[string, Parameters<typeof planFiles>, object]>([
  ["the name is the path", [local, "/a.pem", undefined], { kind: "files", certificate: "/a.pem" }],
  [
    "HAProxy names both files",
    [local, "/a.pem", shown({ certificateFile: "/a.pem", keyFile: "/a.pem.key" })],
    { kind: "files", certificate: "/a.pem", key: "/a.pem.key" },
  ],
  [
    "one file for both",
    [local, "/a.pem", shown({ certificateFile: "/a.pem", keyFile: "/a.pem" })],
    { kind: "files", certificate: "/a.pem" },
  ],
  ["an alias has no path", [local, "@web/main", undefined], { kind: "none" }],
  ["a relative path", [local, "@web/main", shown({ certificateFile: "main.pem" })], { kind: "none" }],
  [
    "a relative key",
    [local, "@web/main", shown({ certificateFile: "/main.crt", keyFile: "main.key" })],
    { kind: "none" },
  ],
  ["another machine", [remote, "/a.pem", undefined], { kind: "none" }],
  [
    "another machine whose files are here",
    [remote, "/etc/haproxy/certs/a.pem", undefined, { map }],
    { kind: "files", certificate: "/srv/certs/a.pem" },
  ],
  ["switched off", [local, "/a.pem", undefined, false], { kind: "none" }],
  [
    "said by a person",
    [local, "@web/main", undefined, { file: "/m.crt", keyFile: "/m.key" } satisfies DiskOptions],
    { kind: "files", certificate: "/m.crt", key: "/m.key" },
  ],
])("%s", (_, parameters, plan) => expect(planFiles(...parameters)).toMatchObject(plan));

test("the longest prefix wins, and only whole names count", () => {
  expect(mapPath("/etc/haproxy/certs/a.pem", map)).toBe("/srv/certs/a.pem");
  expect(mapPath("/etc/haproxy/list.txt", map)).toBe("/srv/lb/list.txt");
  expect(mapPath("/etc/haproxy", map)).toBe("/srv/lb");
  expect(mapPath("/etc/haproxy-2/a.pem", map)).toBe("/etc/haproxy-2/a.pem");
});
