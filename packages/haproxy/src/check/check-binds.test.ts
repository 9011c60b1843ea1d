import { expect, test } from "vitest";
import { readConfigLines } from "../config/lines.ts";
import { checkBinds } from "./check-binds.ts";

const wanted = new Set(["stats", "bind", "server", "ssl-f-use", "tune.bufsize", "ssl-default-bind-options"]);
const check = (text: string, directories: readonly string[] = []) => {
  const lines = readConfigLines([{ file: "h", text }], { wanted, env: {}, onUnreadable: () => {} });
  return checkBinds(lines, new Set(directories)).map(({ subject, code }) => `${subject} ${code}`);
};

test("several certificates on one bind line, however they come there", () => {
  const bind = (line: string, more = "", directories: readonly string[] = []) =>
    check(`frontend web\n${line}\n${more}`, directories);
  const told = ["h:2 HAPROXY_CHECK_STRICT_SNI"];
  expect(bind("bind :443 ssl crt /a.pem")).toEqual([]);
  expect(bind("bind :443 ssl crt /a.pem crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl crt /a.pem default-crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl crt /certs", "", ["/certs"])).toEqual(told);
  expect(bind("bind :443 ssl", "ssl-f-use crt /a.pem")).toEqual([]);
  expect(bind("bind :443 ssl", "ssl-f-use crt /a.pem\nssl-f-use crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl crt /a.pem", "ssl-f-use crt /b.pem")).toEqual(told);
  expect(bind("bind :443 ssl", "frontend other\nssl-f-use crt /a.pem\nssl-f-use crt /b.pem")).toEqual([]);
});

test.each([
  ["said on the line", "", "strict-sni", []],
  ["by default", "strict-sni ssl-min-ver TLSv1.2", "", []],
  ["by default, and not there", "strict-sni", "no-strict-sni", ["h:4 HAPROXY_CHECK_STRICT_SNI"]],
  ["another default", "no-tls-tickets", "", ["h:4 HAPROXY_CHECK_STRICT_SNI"]],
  ["clients may show a certificate", "", "ca-file /ca verify optional", ["h:4 HAPROXY_CHECK_STRICT_SNI"]],
  ["clients show a certificate", "", "ca-file /ca verify required", []],
])("strictness: %s", (_, byDefault, words, codes) => {
  const options = byDefault === "" ? "" : `ssl-default-bind-options ${byDefault}`;
  expect(check(`global\n ${options}\nfrontend web\n bind :443 ssl crt /certs/ ${words}\n`)).toEqual(codes);
});

test("no TLS: where it is missing", () => {
  const api = "global\n stats socket /s level admin\nlisten api\n bind :9443 ssl crt /a\n server s /s\n";
  const told = "HAPROXY_CHECK_NO_TLS";
  expect(check("")).toEqual([`frontend ${told}`]);
  expect(check("frontend web\n bind :80\n")).toEqual([`h:2 ${told}`]);
  expect(check("peers p\n bind :10000 ssl crt /a\n")).toEqual([`frontend ${told}`]);
  expect(check(api)).toEqual([`frontend ${told}`]);
  expect(check(`${api}frontend web\n bind :80\n`)).toEqual([`h:7 ${told}`]);
  expect(check("frontend web\n bind quic4@:443 ssl crt /a.pem\n")).toEqual([]);
  expect(check("frontend web\n bind abns@tls accept-proxy ssl crt /a.pem\n")).toEqual([]);
  expect(check("frontend web\n bind :443 crt /a.pem\n bind :444 ssl crt /a.pem\n")).toEqual([`h:2 ${told}`]);
});

test.each([
  ["8192", 1],
  ["8k", 1],
  ["16384", 0],
  ["32k", 0],
  ["1m", 0],
  ["nonsense", 0],
])("a buffer of %s", (size, count) => {
  const text = `global\n tune.bufsize ${size}\nfrontend web\n bind :443 ssl crt /a.pem\n`;
  expect(check(text).filter((each) => each.includes("BUFFER"))).toHaveLength(count);
});
