import { chmod, readFile } from "node:fs/promises";
import { checkHaproxy, parseNode } from "@certwright/haproxy";
import { accountKeyForHaproxy } from "@certwright/tools/account-key";
import { type HaproxyOptions, startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { ca, defaults } from "./haproxy-fixture.ts";

/* What `haproxy check` says of whole configurations that work, and of one that only seems to. */

const pem = (name: string) => ca.issue({ names: [name] }).pem;
const split = ca.issue({ names: ["sep.test"] });
const rsa = ca.issue({ names: ["multi.test"], keyType: "rsa" });
const files: Record<string, string> = {
  "a/one.pem": pem("one.test"),
  "a/dir/x.pem": pem("x.dir.test"),
  "a/list.txt": "<dir>/a/l1.pem [alpn h2]\n",
  "a/l1.pem": pem("l1.test"),
  "a/store/s1.pem": pem("s1.test"),
  "a/store/s2.pem": pem("s2.test"),
  "a/store/sep.crt": split.fullchainPem,
  "a/store/sep.key": split.keyPem,
  "a/fuse.pem": pem("fuse.test"),
  "a/multi.pem.rsa": rsa.pem,
  "a/multi.pem.ecdsa": pem("multi.test"),
  "acme/foo.pem": pem("foo.test"),
  "acme/cl.pem": pem("cl.test"),
  "acme/cl.txt": "<dir>/acme/cl.pem [acme LE domains cl.test,www.cl.test ssl-min-ver TLSv1.2]\n",
  "acme/account.key": accountKeyForHaproxy(),
  "e/empty.txt": "",
  "e/emptydir/.keep": "",
  "ca.pem": ca.rootPem,
};
const levels = `
    stats socket <dir>/oper.sock mode 600 level operator
    stats socket <dir>/user.sock mode 600 level user`;

const everyWay = `${defaults}
crt-store
    crt-base <dir>/a/store
    key-base <dir>/a/store
    load crt s1.pem alias main
crt-store web
    crt-base <dir>/a/store
    load crt s2.pem alias two
frontend f_crt
    bind 127.0.0.1:<port:a> ssl crt <dir>/a/one.pem
frontend f_dir
    bind 127.0.0.1:<port:b> ssl crt <dir>/a/dir
frontend f_dirslash
    bind 127.0.0.1:<port:c> ssl crt <dir>/a/dir/
frontend f_list
    bind 127.0.0.1:<port:d> ssl crt-list <dir>/a/list.txt
frontend f_store
    bind 127.0.0.1:<port:e> ssl crt @/main crt @web/two
frontend f_fuse
    bind 127.0.0.1:<port:f> ssl
    ssl-f-use crt <dir>/a/fuse.pem
frontend f_multi
    bind 127.0.0.1:<port:g> ssl crt <dir>/a/multi.pem
    bind 127.0.0.1:<port:h> ssl crt <dir>/a/one.pem strict-sni
`;
const acme = (challenge: string) => `global
    expose-experimental-directives
    acme.scheduler off
${defaults}
acme LE
    directory https://ca.invalid/dir
    account-key <dir>/acme/account.key
    challenge ${challenge}
`;

const plain = `${defaults}
frontend web
    bind 127.0.0.1:<port:a>
    http-request redirect scheme https
`;
const runtimeApi = `listen runtime-api
    mode tcp
    bind 127.0.0.1:<port:api> ssl crt <dir>/a/one.pem ca-file <dir>/ca.pem verify required
    server local unix@<dir>/admin.sock
`;

const configs: Record<
  string,
  { config: string; codes: string[]; openKey?: boolean; versions?: readonly HaproxyOptions["version"][] }
> = {
  "no TLS at all": {
    config: plain,
    versions: ["3.2", "2.6"],
    codes: ["error HAPROXY_CHECK_NO_TLS /haproxy.cfg:9"],
  },
  "no TLS but in front of the Runtime API": {
    config: `${plain}${runtimeApi}`,
    codes: ["error HAPROXY_CHECK_NO_TLS /haproxy.cfg:9", "warning HAPROXY_CHECK_CANNOT_ADD /admin.sock"],
  },
  "a certificate without the word that has it served": {
    config: `${defaults}
frontend web
    bind 127.0.0.1:<port:a> crt <dir>/a/one.pem
    bind 127.0.0.1:<port:b> ssl crt <dir>/a/dir strict-sni
`,
    versions: ["3.2", "2.6"],
    codes: ["error HAPROXY_CHECK_NO_TLS /haproxy.cfg:9"],
  },
  "variables of HAProxy's own, conditions, bases, strictness by default, every kind of address": {
    config: `global
    setenv CERTS "\${HOME}/a"
    crt-base <dir>
    ssl-default-bind-options strict-sni ssl-min-ver TLSv1.2
    .if defined(NOT_THERE)
    stats socket *:<port:api> level admin
    .elif version_before(3.0)
    tune.bufsize 8192
    .else
    tune.bufsize 32k
    .endif
defaults web
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 1m
frontend f from web
    # the next line is none of this comment's \\
    bind 127.0.0.1:<port:a> ssl crt "\${CERTS}/dir" no-strict-sni
    bind 127.0.0.1:<port:b> ssl crt a/dir no-strict-sni
    bind 127.0.0.1:<port:c> ssl crt a/dir
    bind quic4@127.0.0.1:<port:a> ssl crt a/dir/x.pem alpn h3 allow-0rtt
    bind abns@certwright-<port:a> accept-proxy ssl crt 'a/one.pem' crt "\${UNSET-a/l1}.pem"
    bind <dir>/tls.sock ssl crt-list a/list.txt ca-file ca.pem verify optional no-strict-sni
    http-request deny if { ssl_c_used } ! { ssl_c_verify 0 }
`,
    codes: [
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:19",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:20",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:24",
    ],
  },
  "the same variables and conditions, before 3.0": {
    config: `global
    .if version_atleast(3.0)
    ssl-default-bind-options strict-sni
    .else
    tune.bufsize 15000
    .endif
    presetenv HOME /nowhere
${defaults}
frontend f
    bind 127.0.0.1:<port:a> ssl crt "\${HOME}/a/dir"
`,
    versions: ["2.6"],
    codes: ["note HAPROXY_CHECK_BUFFER /haproxy.cfg:5", "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:16"],
  },
  "Runtime APIs that every user of the machine reaches, and one that everybody does": {
    config: `global
    stats socket abns@certwright-<port:api> level admin
    stats socket ipv4@127.0.0.1:<port:api> level admin
    stats socket <dir>/look.sock mode 664 level admin
    stats socket ipv4@0.0.0.0:<port:look> level user
${defaults}
frontend api
    mode tcp
    bind 127.0.0.1:<port:a> ssl crt <dir>/a/one.pem
    default_backend cli
backend cli
    mode tcp
    server s 127.0.0.1:<port:api>
frontend f
    bind 127.0.0.1:<port:b> ssl crt <dir>/a/dir strict-sni
`,
    versions: ["3.2", "2.6"],
    codes: [
      "error HAPROXY_CHECK_SOCKET_UNASKED /haproxy.cfg:15",
      "warning HAPROXY_CHECK_SOCKET_OPEN /haproxy.cfg:2",
      "warning HAPROXY_CHECK_SOCKET_OPEN /haproxy.cfg:3",
    ],
  },
  "every way to refer to a certificate": {
    config: `global${levels}${everyWay}`,
    codes: [
      "warning HAPROXY_CHECK_NO_PATH @/main",
      "warning HAPROXY_CHECK_NO_PATH @web/two",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:20",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:22",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:24",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:26",
    ],
  },
  "the same with a larger buffer": {
    config: `global\n    tune.bufsize 65536${levels}${everyWay}`,
    codes: [
      "warning HAPROXY_CHECK_NO_PATH @/main",
      "warning HAPROXY_CHECK_NO_PATH @web/two",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:21",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:23",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:25",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:27",
    ],
  },
  "key and certificate apart, in a crt-store": {
    config: `${defaults}
crt-store st
    crt-base <dir>/a/store
    key-base <dir>/a/store
    load crt sep.crt key sep.key alias sep
    load crt s2.pem
frontend f
    bind 127.0.0.1:<port:a> ssl crt @st/sep
    bind 127.0.0.1:<port:b> ssl crt-list <dir>/a/list.txt
    ssl-f-use crt <dir>/a/fuse.pem ssl-min-ver TLSv1.2
    ssl-f-use crt @st/s2.pem
`,
    codes: [
      "warning HAPROXY_CHECK_NO_PATH @st/s2.pem",
      "warning HAPROXY_CHECK_NO_PATH @st/sep",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:14",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:15",
    ],
  },
  "nothing to serve at the start": {
    config: `${defaults}
frontend f
    bind 127.0.0.1:<port:a> ssl strict-sni crt-list <dir>/e/empty.txt
    bind 127.0.0.1:<port:b> ssl strict-sni crt <dir>/e/emptydir
    bind 127.0.0.1:<port:c> ssl default-crt <dir>/a/one.pem crt-list <dir>/e/empty.txt
backend b
    server s 127.0.0.1:1 ssl verify none crt <dir>/a/l1.pem
`,
    codes: ["warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:11"],
  },
  "the Runtime API behind client-authenticated TLS": {
    config: `${defaults}
${runtimeApi}frontend f
    bind 127.0.0.1:<port:a> ssl crt <dir>/a/fuse.pem
`,
    codes: ["warning HAPROXY_CHECK_CANNOT_ADD /admin.sock"],
  },
  "a Runtime API that only seems to be": {
    config: `global
    stats socket ipv4@127.0.0.1:<port:api> level admin ssl crt <dir>/a/one.pem ca-file <dir>/ca.pem verify required
${defaults}
frontend f
    bind 127.0.0.1:<port:a> ssl crt <dir>/a/one.pem
`,
    codes: ["error HAPROXY_CHECK_SSL_IGNORED /haproxy.cfg:2", "warning HAPROXY_CHECK_CANNOT_ADD /admin.sock"],
  },
  "native ACME by http-01": {
    config: `${acme("http-01")}    map virt@acme
frontend http
    bind 127.0.0.1:<port:http>
    http-request return status 200 content-type text/plain lf-string "%[path,map(virt@acme)]"
frontend https
    bind 127.0.0.1:<port:a> ssl
    ssl-f-use crt <dir>/acme/foo.pem acme LE domains "foo.test,www.foo.test"
`,
    codes: [],
  },
  "native ACME by http-01, with a key others may read": {
    config: `${acme("http-01")}    map virt@acme
frontend http
    bind 127.0.0.1:<port:http>
    http-request return status 200 content-type text/plain lf-string "%[path,map(virt@acme)]"
frontend https
    bind 127.0.0.1:<port:a> ssl
    ssl-f-use crt <dir>/acme/foo.pem acme LE domains "foo.test,www.foo.test"
`,
    openKey: true,
    codes: ["error HAPROXY_CHECK_FILE_OPEN /haproxy.cfg:13"],
  },
  "native ACME by dns-01, in a store, a list and a frontend": {
    config: `${acme("dns-01")}    provider-name "exec"
    acme-vars "token=\\"s3cr;et\\""
crt-store st
    crt-base <dir>/a/store
    load crt s2.pem alias w acme LE domains "w.test"
frontend https
    bind 127.0.0.1:<port:a> ssl
    bind 127.0.0.1:<port:b> ssl crt-list <dir>/acme/cl.txt
    ssl-f-use crt <dir>/acme/foo.pem acme LE domains "a.test,*.a.test,b.test"
    ssl-f-use crt @st/w
`,
    codes: [
      "warning HAPROXY_CHECK_NO_PATH @st/w",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:21",
      "warning HAPROXY_CHECK_STRICT_SNI /haproxy.cfg:22",
    ],
  },
  "native ACME for names of which one begins like the other": {
    config: `${acme("dns-01")}
frontend https
    bind 127.0.0.1:<port:a> ssl
    ssl-f-use crt <dir>/acme/foo.pem acme LE domains "p.test,p.test.x.test"
`,
    codes: [],
  },
};

const each = Object.entries(configs).flatMap(([name, { versions = ["3.2"] as const, ...rest }]) =>
  versions.map((version) => ({ name: `${name} (${version})`, version, ...rest })),
);

test.each(each)("$name", async ({ version, config, codes, openKey }) => {
  await using haproxy = await startHaproxy({ version, config, files, master: true });
  await chmod(haproxy.dir, 0o711);
  if (openKey) await chmod(`${haproxy.dir}/acme/account.key`, 0o644);
  const findings = await checkHaproxy({
    node: parseNode(haproxy.adminSocket),
    usualFile: "/nowhere/haproxy.cfg",
    map: [],
    env: {},
    readConfig: async (file) => [{ file, text: await readFile(file, "utf8") }],
    now: Date.now,
    signal: new AbortController().signal,
  });
  expect(findings.every(({ hint }) => (hint ?? "") !== "")).toBe(true);
  const short = (subject = "") => subject.replaceAll(haproxy.dir, "").replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1");
  const told = findings.filter(({ code }) => code !== "HAPROXY_CHECK_VERSION");
  expect(told.map(({ severity, code, subject }) => `${severity} ${code} ${short(subject)}`).sort()).toEqual(codes);
});
