import { expect, test } from "vitest";
import { readAsk } from "./ask.ts";

const chain = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const put = { op: "put", id: 1, chain, key: chain };
const look = { op: "look", id: 2, leaf: chain };

test.each([
  put,
  look,
  { ...put, certificate: "/etc/haproxy/site.pem", add: "@site", as: "_.example.com.pem" },
  { ...look, certificate: "@store/alias" },
])("%j", (ask) => expect(readAsk(JSON.stringify(ask))).toEqual(ask));

test.each([
  "",
  "show info",
  "null",
  "[]",
  "{}",
  `{"op":"put"`,
  JSON.stringify({ ...put, op: "dump" }),
  JSON.stringify({ ...put, op: "toString" }),
  JSON.stringify({ ...put, command: "show ssl cert" }),
  JSON.stringify({ ...look, key: chain }),
  JSON.stringify({ ...put, id: -1 }),
  JSON.stringify({ ...put, id: "1" }),
  JSON.stringify({ ...put, key: undefined }),
  JSON.stringify({ ...put, key: [chain] }),
  JSON.stringify({ ...put, chain: `${chain}\u0000` }),
  JSON.stringify({ ...put, certificate: "/a.pem\nset ssl cert" }),
  JSON.stringify({ ...put, certificate: "" }),
  JSON.stringify({ ...put, as: "../x.pem" }),
  JSON.stringify({ ...put, as: ".x.pem" }),
  JSON.stringify({ ...put, as: "x.pem.key" }),
  JSON.stringify({ ...put, as: "x.pem\n" }),
  JSON.stringify(put).replace('"id"', '"__proto__":{"as":"x.pem"},"id"'),
])("%s is no request", (line) => expect(() => readAsk(line)).toThrow());
