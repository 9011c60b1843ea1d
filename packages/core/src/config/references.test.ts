import { describe, expect, test } from "vitest";
import { shown } from "./testing/read.ts";

const minimal = "providers: { cloudflare: {} }\n";

describe("references between parts of the file", () => {
  test.each([
    [
      "several accounts and a CA without one",
      `${minimal}accounts: { a: {}, b: {} }\ncas: { letsencrypt: {} }`,
      "3:8 cas.letsencrypt does not say which account is used",
    ],
    [
      "several accounts and an undeclared CA",
      `${minimal}accounts: { a: {}, b: {} }\ndefaults: { cas: [letsencrypt] }`,
      "3:18 defaults.cas does not say which account is used",
    ],
    [
      "two accounts at one CA that nothing tells apart",
      `${minimal}accounts: { a: {}, b: { key: { env: K } } }\ncas: { x: { url: letsencrypt, account: a }, y: { url: letsencrypt, account: b } }\ndefaults: { cas: [x] }`,
      "3:77 cas.y.account is another account than that of cas.x, at the same CA and without an address, too",
    ],
    [
      "an account that is not there",
      `${minimal}accounts: { main: {} }\ncas: { letsencrypt: { account: mian } }`,
      '3:32 cas.letsencrypt.account names no account: "mian"',
    ],
    [
      "a staging CA that is not there",
      `${minimal}cas: { letsencrypt: { staging: letsencrpyt-staging } }`,
      '2:32 cas.letsencrypt.staging names no CA: no CA is called "letsencrpyt-staging"',
    ],
    [
      "a CA that is its own staging CA",
      `${minimal}cas: { le: { url: letsencrypt, staging: letsencrypt } }`,
      "2:41 cas.le.staging names the CA itself",
    ],
    [
      "no way to prove a name",
      "certificates: { a.example.com: {} }",
      '1:17 certificates["a.example.com"] does not say how its names are proved',
    ],
    [
      "a certificate to deploy whose key is not here",
      `${minimal}certificates: { a.example.com: { csr: a.csr, deploy: ["haproxy:/a.sock"] } }`,
      '2:46 certificates["a.example.com"].deploy cannot be: with csr, the key of the certificate is not here',
    ],
    [
      "a dns challenge without provider",
      "certificates: { a.example.com: { challenges: [dns-01] } }",
      '1:47 certificates["a.example.com"].challenges[0] needs a DNS provider, and none is there',
    ],
    [
      "webroot for tls",
      "defaults: { challenges: [{ type: tls-alpn-01, webroot: /x }] }",
      "1:26 defaults.challenges[0] has webroot, which only http-01 uses",
    ],
    [
      "webroot and listen",
      "defaults: { challenges: [{ type: http-01, webroot: /x, listen: ':80' }] }",
      "1:26 defaults.challenges[0] has webroot and listen, which are different ways",
    ],
    [
      "a dns challenge that listens",
      `${minimal}defaults: { challenges: [{ type: dns-01, listen: ':80' }] }`,
      "2:26 defaults.challenges[0] listens nowhere, being a dns-* challenge",
    ],
    [
      "two hooks of one name",
      `${minimal}hooks: { deploy: [{ command: [a], name: x }] }\ndefaults: { hooks: { deploy: [{ command: [b], name: x }] } }\ncertificates: { a.example.com: {} }`,
      "3:31 defaults.hooks.deploy[0] is called x like another, and differs from it",
    ],
    [
      "a TLS node without files",
      "targets: { a: { haproxy: tls://h:1 } }",
      "1:26 targets.a.haproxy is reached over TLS, and no certificate is given",
    ],
    [
      "a node agent without files",
      "fleets: { a: { nodes: ['agent://h:1'] } }",
      "1:24 fleets.a.nodes[0] is reached over TLS, and no certificate is given",
    ],
    [
      "an API whose URL has a user",
      "targets: { a: { dataplane: { url: 'https://me@h:1' } } }",
      '1:35 targets.a.dataplane.url cannot be "https://me@h:1"',
    ],
    [
      "an API whose URL has a version",
      "targets: { a: { dataplane: { url: 'https://h:1/v3' } } }",
      "1:35 targets.a.dataplane.url ends in a version",
    ],
    [
      "half of a client certificate",
      "targets: { a: { dataplane: { url: 'https://h:1', cert: /c } } }",
      "1:28 targets.a.dataplane has only one of cert and key",
    ],
    [
      "the password of nobody",
      "fleets: { a: { nodes: ['dataplane:https://h:1'], dataplane: { password: { env: P } } } }",
      "1:63 fleets.a.dataplane.password is that of no user",
    ],
    [
      "a node of an API that names its user",
      "fleets: { a: { nodes: ['dataplane:https://me@h:1'] } }",
      "1:24 fleets.a.nodes[0] names a user",
    ],
    [
      "parameters inside an address",
      "targets: { a: { haproxy: '/a.sock?check=x' } }",
      "1:26 targets.a.haproxy has a question mark",
    ],
    [
      "DNS nodes without port",
      "fleets: { a: { dns: { name: x.example }, tls: { ca: a, cert: b, key: c } } }",
      "1:21 fleets.a.dns does not say which port nodes listen on",
    ],
    [
      "DNS nodes in the clear",
      "fleets: { a: { dns: { name: x.example, port: 1 } } }",
      "1:11 fleets.a reaches nodes over the network without tls",
    ],
    [
      "canary settings without canary",
      "fleets: { a: { nodes: [/a.sock], canary: {} } }",
      "1:34 fleets.a.canary has no meaning with policy all",
    ],
    [
      "public resolvers that are never asked",
      `${minimal}defaults: { dns: { propagation: { mode: fixed, publicResolvers: [192.0.2.1] } } }`,
      "2:48 defaults.dns.propagation.publicResolvers has no meaning with mode fixed",
    ],
    [
      "a wait that never is",
      `${minimal}defaults: { dns: { propagation: { mode: off, wait: 1m } } }`,
      "2:46 defaults.dns.propagation.wait has no meaning with mode off",
    ],
    [
      "a password without user",
      "notifications: { m: { email: [a@example.com], from: b@example.com, smtp: { url: 'smtps://m.example:465', password: { env: P } } } }",
      "1:74 notifications.m.smtp needs user and password together",
    ],
    ["a warning after the alarm", "alarms: { warning: 96% }", "1:1 alarms warns later than it is critical"],
  ])("tell of %s", (_, text, expected) => {
    expect(shown(text)).toEqual([expected]);
  });

  test("do not call unknown what is only bad itself", () => {
    const text = `${minimal}targets: { edge: { haproxy: 5 } }\ncertificates: { a.example.com: { deploy: [edge] } }\ncas: { own: { url: "nope" } }\ndefaults: { cas: [own] }\n`;
    expect(shown(text)).toEqual([
      '2:29 targets.edge.haproxy is no address of a HAProxy: "5"',
      '4:20 cas.own.url names no CA: no CA is called "nope"',
    ]);
  });
});
