import { describe, expect, test } from "vitest";
import { readConfigLines } from "../config/lines.ts";
import { checkSockets } from "./check-sockets.ts";
import { parseSockets } from "./running.ts";

const codesOf = (text: string) => {
  const wanted = new Set(["stats", "bind", "server", "use_backend", "default_backend"]);
  const lines = readConfigLines([{ file: "h.cfg", text }], { wanted, env: {}, onUnreadable: () => {} });
  return checkSockets(lines).map(({ code, subject }) => `${subject} ${code}`);
};
const good = "global\n stats socket /run/a.sock mode 600 level admin\n";

describe("sockets", () => {
  test.each([
    ["none", "global\n", ["global HAPROXY_CHECK_NO_ADMIN_SOCKET"]],
    ["operator by default", "global\n stats socket /a\n", ["h.cfg:2 HAPROXY_CHECK_NO_ADMIN_SOCKET"]],
    ["good", good, []],
    ["open to all", "global\n stats socket /a mode 0666 level admin\n", ["h.cfg:2 HAPROXY_CHECK_SOCKET_OPEN"]],
    ["of a group", "global\n stats socket /a mode 660 group x level admin\n", []],
    ["others may look at it only", "global\n stats socket /a mode 664 level admin\n", []],
    [
      "loopback",
      "global\n stats socket ipv4@127.0.0.1:9999,ipv6@[::1]:9999 level admin\n",
      ["h.cfg:2 HAPROXY_CHECK_SOCKET_OPEN"],
    ],
    ["without a path", "global\n stats socket abns@cli level admin\n", ["h.cfg:2 HAPROXY_CHECK_SOCKET_OPEN"]],
    ["for looking only", `${good} stats socket *:9999 level user\n`, []],
    ["all addresses", "global\n stats socket *:9999 level admin\n", ["h.cfg:2 HAPROXY_CHECK_SOCKET_PLAINTEXT"]],
    [
      "ssl that is ignored",
      "global\n stats socket ipv4@0.0.0.0:9999 level admin ssl crt /a.pem verify required\n",
      ["h.cfg:2 HAPROXY_CHECK_SSL_IGNORED", "h.cfg:2 HAPROXY_CHECK_SOCKET_PLAINTEXT"],
    ],
  ])("%s", (_, text, codes) => {
    expect(codesOf(text)).toEqual(codes);
  });
});

describe("a listen in front of the socket", () => {
  const codes = (bind: string, server = "unix@/run/a.sock") =>
    codesOf(`${good}listen api\n mode tcp\n bind ${bind}\n server local ${server}\n`);
  const tls = ":9443 ssl crt /api.pem";
  test.each([
    ["asks for certificates", `${tls} ca-file /ca.pem verify required`, []],
    ["on this machine only", "127.0.0.1:9999", ["h.cfg:5 HAPROXY_CHECK_SOCKET_OPEN"]],
    ["on one more address", "127.0.0.1:9999,10.0.0.1:9999", ["h.cfg:5 HAPROXY_CHECK_SOCKET_PLAINTEXT"]],
    ["a socket again", "/run/b.sock", []],
    ["nobody is asked", tls, ["h.cfg:5 HAPROXY_CHECK_SOCKET_UNASKED"]],
    ["whoever likes may show one", `${tls} ca-file /ca.pem verify optional`, ["h.cfg:5 HAPROXY_CHECK_SOCKET_UNASKED"]],
    ["in the clear", ":9999", ["h.cfg:5 HAPROXY_CHECK_SOCKET_PLAINTEXT"]],
  ])("%s", (_, bind, expected) => expect(codes(bind)).toEqual(expected));

  test("is known by the path, with or without a word before it", () => {
    expect(codes(tls, "/run/a.sock")).toEqual(["h.cfg:5 HAPROXY_CHECK_SOCKET_UNASKED"]);
    expect(codes(tls, "127.0.0.1:80")).toEqual([]);
    expect(codes(tls, "/run/other.sock")).toEqual([]);
  });

  test("through a backend of its own, or to a socket with a port", () => {
    const text = (server: string) =>
      `global\n stats socket ipv4@127.0.0.1:9999 level operator\nfrontend api\n bind ${tls}\n use_backend cli if TRUE\nbackend cli\n server s ${server}\n`;
    const told = (server: string) => codesOf(text(server)).filter((each) => each.includes("UNASKED"));
    expect(told("127.0.0.1:9999")).toEqual(["h.cfg:4 HAPROXY_CHECK_SOCKET_UNASKED"]);
    expect(told("127.0.0.1:9998")).toEqual([]);
  });
});

test("sockets of a running process", () => {
  const text = "# socket lvl processes\nsockpair@4 admin all\nunix@/run/a.sock operator all\nnonsense\n";
  expect(parseSockets(text)).toEqual([
    { address: "sockpair@4", level: "admin" },
    { address: "unix@/run/a.sock", level: "operator" },
  ]);
});
