import { expect, test } from "vitest";
import { connectError } from "./connect.ts";
import { parseNode } from "./node.ts";

const unix = parseNode("/run/a.sock");
const tcp = parseNode("tcp://127.0.0.1:9999");

test.each([
  [unix, "ENOENT", "HAPROXY_SOCKET_MISSING", true],
  [unix, "EACCES", "HAPROXY_SOCKET_DENIED", false],
  [unix, "ECONNREFUSED", "HAPROXY_NOT_RUNNING", true],
  [unix, "EAGAIN", "HAPROXY_BUSY", true],
  [unix, "EMFILE", "HAPROXY_UNREACHABLE", true],
  [tcp, "ECONNREFUSED", "HAPROXY_UNREACHABLE", true],
  [tcp, "ENOTFOUND", "HAPROXY_UNREACHABLE", true],
  [tcp, "DEPTH_ZERO_SELF_SIGNED_CERT", "HAPROXY_TLS", false],
  [tcp, "ERR_TLS_CERT_ALTNAME_INVALID", "HAPROXY_TLS", false],
  [tcp, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "HAPROXY_TLS", false],
])("$id $1: $2", (node, cause, code, retryable) => {
  const error = connectError(node, Object.assign(new Error(cause), { code: cause }));
  expect(error).toMatchObject({ code, retryable, node: node.id, hint: expect.any(String) });
});
