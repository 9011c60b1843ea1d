import { describe, expect, test } from "vitest";
import { checkCommandLine, configArguments } from "./check-command-line.ts";
import { checkConfig } from "./check-config.ts";
import { readConfigLines } from "./config-lines.ts";
import { parseSockets } from "./running.ts";

const codesOf = (text: string, env = {}) => {
  const unread: string[] = [];
  const lines = readConfigLines([{ file: "h.cfg", text }], env, (place) => unread.push(place));
  return { codes: checkConfig(lines).map(({ code, subject }) => `${subject} ${code}`), unread };
};
const good = "global\n stats socket /run/a.sock mode 600 level admin\n";

describe("sockets", () => {
  test.each([
    ["none", "global\n", ["global HAPROXY_CHECK_NO_ADMIN_SOCKET"]],
    ["operator by default", "global\n stats socket /a\n", ["h.cfg:2 HAPROXY_CHECK_NO_ADMIN_SOCKET"]],
    ["good", good, []],
    ["open to all", "global\n stats socket /a mode 0666 level admin\n", ["h.cfg:2 HAPROXY_CHECK_SOCKET_OPEN"]],
    ["of a group", "global\n stats socket /a mode 660 group x level admin\n", []],
    ["loopback", "global\n stats socket ipv4@127.0.0.1:9999 level admin\n", []],
    ["loopback, IPv6", "global\n stats socket ipv6@[::1]:9999 level admin\n", []],
    ["all addresses", "global\n stats socket *:9999 level admin\n", ["h.cfg:2 HAPROXY_CHECK_SOCKET_PLAINTEXT"]],
    [
      "ssl that is ignored",
      "global\n stats socket ipv4@0.0.0.0:9999 level admin ssl crt /a.pem verify required\n",
      ["h.cfg:2 HAPROXY_CHECK_SSL_IGNORED", "h.cfg:2 HAPROXY_CHECK_SOCKET_PLAINTEXT"],
    ],
  ])("%s", (_, text, codes) => {
    expect(codesOf(text).codes).toEqual(codes);
  });
});

describe("a listen in front of the socket", () => {
  const codes = (bind: string, server = "unix@/run/a.sock") =>
    codesOf(`${good}listen api\n mode tcp\n bind ${bind}\n server local ${server}\n`).codes;
  const tls = ":9443 ssl crt /api.pem";
  test.each([
    ["asks for certificates", `${tls} ca-file /ca.pem verify required`, []],
    ["on this machine only", "127.0.0.1:9999", []],
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
});

test("joined lines, quotes, variables and comments are read as HAProxy does", () => {
  const text = `${good}frontend web # not a bind: bind :443 ssl crt /a/
 bind :443 \\
   ssl crt "\${CERTS}/"
 bind :444 ssl crt-list '/etc/list' strict-sni
 bind :445 ssl crt "$UNSET"
`;
  const { codes, unread } = codesOf(text, { CERTS: "/certs" });
  expect(codes).toEqual(["h.cfg:4 HAPROXY_CHECK_STRICT_SNI"]);
  expect(unread).toEqual(["h.cfg:7"]);
});

test("several certificates on one bind line, however they come there", () => {
  const bind = (line: string, more = "", directories: readonly string[] = []) => {
    const lines = readConfigLines([{ file: "h.cfg", text: `${good}frontend web\n${line}\n${more}` }], {}, () => {});
    return checkConfig(lines, new Set(directories)).map(({ code }) => code);
  };
  const told = ["HAPROXY_CHECK_STRICT_SNI"];
  expect(bind("bind :443 ssl crt /a.pem")).toEqual([]);
  expect(bind("bind :443 ssl crt /a.pem crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl crt /certs", "", ["/certs"])).toEqual(told);
  expect(bind("bind :443 ssl", "ssl-f-use crt /a.pem")).toEqual([]);
  expect(bind("bind :443 ssl", "ssl-f-use crt /a.pem\nssl-f-use crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl crt /a.pem", "ssl-f-use crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl", "frontend other\nssl-f-use crt /a.pem\nssl-f-use crt /b.pem")).toEqual([]);
});

test("the master socket of the command line", () => {
  const codes = (...argv: string[]) => checkCommandLine(["haproxy", ...argv], "h").map(({ code }) => code);
  expect(codes("-W", "-S", "/run/master.sock,mode,600", "-f", "/a")).toEqual([]);
  expect(codes("-S", "127.0.0.1:9999")).toEqual([]);
  expect(codes("-Ws", "-S", "0.0.0.0:9999,ssl,crt,/a.pem")).toEqual([
    "HAPROXY_CHECK_SSL_IGNORED",
    "HAPROXY_CHECK_SOCKET_PLAINTEXT",
  ]);
  expect(configArguments(["haproxy", "-f", "/a", "-W", "-f", "/b", "--", "/c", "/d"])).toEqual([
    "/a",
    "/b",
    "/c",
    "/d",
  ]);
});

test("sockets of a running process", () => {
  const text = "# socket lvl processes\nsockpair@4 admin all\nunix@/run/a.sock operator all\nnonsense\n";
  expect(parseSockets(text)).toEqual([
    { address: "sockpair@4", level: "admin" },
    { address: "unix@/run/a.sock", level: "operator" },
  ]);
});
