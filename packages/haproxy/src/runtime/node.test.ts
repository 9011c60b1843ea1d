import { expect, test } from "vitest";
import { isLocal, parseNode } from "./node.ts";

test.each([
  ["/run/haproxy/admin.sock", { kind: "unix", id: "/run/haproxy/admin.sock", path: "/run/haproxy/admin.sock" }],
  ["unix:/run/a.sock", { kind: "unix", id: "/run/a.sock", path: "/run/a.sock" }],
  ["unix@/run/a.sock", { kind: "unix", id: "/run/a.sock", path: "/run/a.sock" }],
  ["haproxy:/run/a.sock", { kind: "unix", id: "/run/a.sock", path: "/run/a.sock" }],
  ["master:/run/m.sock", { kind: "master", id: "master:/run/m.sock", path: "/run/m.sock" }],
  ["tcp://127.0.0.1:9999", { kind: "tcp", id: "tcp://127.0.0.1:9999", host: "127.0.0.1", port: 9999 }],
  ["tcp://[::1]:9999", { kind: "tcp", id: "tcp://[::1]:9999", host: "::1", port: 9999 }],
  [
    "tls://lb1.example.test:9443?ca=/ca.pem&cert=/c.pem&key=/k.pem",
    {
      kind: "tcp",
      id: "tls://lb1.example.test:9443",
      host: "lb1.example.test",
      port: 9443,
      tls: { caFile: "/ca.pem", certFile: "/c.pem", key: { file: "/k.pem" } },
    },
  ],
  [
    "tls://192.0.2.1:9443?ca=/ca.pem&cert=/c.pem&key=/k.pem&servername=lb1",
    {
      kind: "tcp",
      id: "tls://192.0.2.1:9443",
      host: "192.0.2.1",
      port: 9443,
      tls: { caFile: "/ca.pem", certFile: "/c.pem", key: { file: "/k.pem" }, serverName: "lb1" },
    },
  ],
  [
    "agent://lb1.example.test:9444?ca=/ca.pem&cert=/c.pem&key=/k.pem&servername=lb1",
    {
      kind: "agent",
      id: "agent://lb1.example.test:9444",
      host: "lb1.example.test",
      port: 9444,
      tls: { caFile: "/ca.pem", certFile: "/c.pem", key: { file: "/k.pem" }, serverName: "lb1" },
    },
  ],
])("%s", (text, node) => expect(parseNode(text)).toEqual(node));

test.each([
  "",
  "admin.sock",
  "/run/haproxy/",
  "http://x:1",
  "tcp://127.0.0.1",
  "tcp://u:p@127.0.0.1:1",
  "tcp://127.0.0.1:1/path",
  "tcp://127.0.0.1:1?ca=/x",
  "tls://lb1:9443",
  "tls://lb1:9443?ca=/ca.pem&cert=/c.pem",
  "tls://lb1:9443?ca=/ca.pem&cert=/c.pem&key=/k.pem&verify=none",
  "agent://lb1:9444",
  "agent://lb1?ca=/ca.pem&cert=/c.pem&key=/k.pem",
  "agent:/run/a.sock",
  `/${"x".repeat(107)}`,
])("%j is refused", (text) => {
  expect(() => parseNode(text)).toThrow(expect.objectContaining({ code: "HAPROXY_NODE_ADDRESS" }));
});

test("keys never travel in the clear to another machine", () => {
  for (const text of ["tcp://192.0.2.1:9999", "tcp://lb1.example.test:9999", "tcp://[2001:db8::1]:9999"]) {
    expect(() => parseNode(text)).toThrow(expect.objectContaining({ code: "HAPROXY_PLAINTEXT_REFUSED" }));
  }
});

test("files are ours to write only on this machine", () => {
  expect(isLocal(parseNode("/run/a.sock"))).toBe(true);
  expect(isLocal(parseNode("tcp://127.0.0.1:9999"))).toBe(false);
  expect(isLocal(parseNode("agent://127.0.0.1:9999?ca=/a&cert=/c&key=/k"))).toBe(false);
});
