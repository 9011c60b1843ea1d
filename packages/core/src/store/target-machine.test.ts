import { expect, test } from "vitest";
import { machineOf } from "./target-machine.ts";

test.each([
  ["haproxy:/run/haproxy/admin.sock?add=/etc/haproxy/list", true],
  ["haproxy:unix@/run/haproxy/admin.sock", true],
  ["haproxy:master:/run/haproxy/master.sock", true],
  ["haproxy:tcp://127.0.0.1:9999", true],
  ["haproxy:agent://localhost:7443?ca=/a&cert=/b&key=/c", true],
  ["dataplane:http://admin@[::1]:5555", true],
  ["export:/etc/nginx/site.pem?mode=0640", true],
  ["haproxy:tls://127.example.net:9999?ca=/a&cert=/b&key=/c", false],
  ["haproxy:tls://edge.example.net:9999?ca=/a&cert=/b&key=/c", false],
  ["dataplane:https://localhost.example.net:5555", false],
  ["exec:reload", false],
  ["fleet:edge", false],
])("%s is a machine's own: %s", (target, isOwn) => {
  expect(machineOf(target, { machine: "one" })).toBe(isOwn ? "one" : undefined);
  expect(machineOf(target, {})).toBeUndefined();
});
