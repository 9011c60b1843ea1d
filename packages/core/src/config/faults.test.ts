import { describe, expect, test } from "vitest";
import { refused, shown } from "./testing/read.ts";

describe("a file with many mistakes", () => {
  const text = `acounts:
  ops: {}
accounts:
  ops: { email: not an address, acceptTerms: yes }
cas:
  letsencript: {}
  internal: { url: "http://ca.example", acount: ops }
providers:
  cloudflare:
    options: { apiToken: hunter2secret, apiTokn: x }
  cloudflare: {}
  nobody: {}
  bind: { provider: rfc2136, options: { keyAlgorithm: md5, keyName: name } }
targets:
  edge: { haproxi: /run/haproxy/admin.sock }
  both: { haproxy: /a.sock, exec: [x] }
  string: { exec: systemctl reload nginx }
fleets:
  edge: { nodes: [foo], quorum: 50% }
certificates:
  www.example.com:
    keytype: ec256
    keyType: ec257
    deploy: [edgee, edge, edge]
    names: [*.example.com, com, a_b!]
    challenges: [http-1, { type: http-01, providers: [cf] }]
    cas: [letsencrypt, nope]
  bad/name: {}
  "!": {}
  "*.w.example.com": { challenges: [http-01], dns: { aliases: { example.com: x.example }, propagation: { wait: 5 } } }
  192.0.2.1: {}
notifications:
  a: { webhook: "https://user:pw@hooks.example.com/x", headers: { X-Token: abc } }
  b: { email: ops@example.com }
alarms: { warning: 0.9 }
serve: { listen: 9465, interval: 10 }
parallel: 1000
`;

  test("gets a message for each, with line and column", () => {
    expect(shown(text)).toEqual([
      "1:1 acounts is not a known key",
      '4:17 accounts.ops.email cannot be "not an address"',
      '4:46 accounts.ops.acceptTerms should be true or false, not "yes"',
      "5:1 cas names several CAs, and nothing says which is asked first",
      '6:3 cas.letsencript names no CA: no CA is called "letsencript"',
      '7:20 cas.internal.url names no CA: no CA is called "http://ca.example"',
      "7:41 cas.internal.acount is not a known key",
      "10:26 providers.cloudflare.options.apiToken is a secret, which must not stand in the file",
      "10:41 providers.cloudflare.options.apiTokn is not an option of cloudflare",
      "11:3 providers.cloudflare is given twice",
      "12:3 providers.nobody no DNS provider is called nobody",
      '13:55 providers.bind.options.keyAlgorithm cannot be "md5"',
      "15:9 targets.edge needs haproxy or dataplane or exec or export",
      "16:29 targets.both has both haproxy and exec",
      "17:19 targets.string.exec should be a list, not a text",
      "19:3 fleets.edge is a target's label, too",
      '19:19 fleets.edge.nodes[0] is no address of a HAProxy: "foo"',
      "19:25 fleets.edge.quorum has no meaning with policy all",
      '22:5 certificates["www.example.com"].keytype is not a known key',
      '23:14 certificates["www.example.com"].keyType cannot be "ec257"',
      '24:14 certificates["www.example.com"].deploy[0] names no target: "edgee"',
      '24:27 certificates["www.example.com"].deploy[2] is the same as entry 2 of the list',
      '25:13 certificates["www.example.com"].names[0] refers to an anchor that is not there: *.example.com',
      '25:28 certificates["www.example.com"].names[1] is wrong: "com" is a public suffix, under which others register names',
      '25:33 certificates["www.example.com"].names[2] is wrong: "a_b!" is not a name a certificate can have: it contains the character "!"',
      '26:18 certificates["www.example.com"].challenges[0] cannot be "http-1"',
      '26:26 certificates["www.example.com"].challenges[1] names no provider: "cf"',
      '26:26 certificates["www.example.com"].challenges[1] has providers, which only dns-01 and dns-account-01 use',
      '27:24 certificates["www.example.com"].cas[1] names no CA: no CA is called "nope"',
      '28:3 certificates["bad/name"] cannot be "bad/name"',
      '29:3 certificates["!"] is no domain name or address, and has no names',
      '30:3 certificates["*.w.example.com"] is a wildcard, which no CA proves over HTTP or TLS',
      '30:65 certificates["*.w.example.com"].dns.aliases["example.com"] is wrong: it does not start with _acme-challenge',
      '30:112 certificates["*.w.example.com"].dns.propagation.wait cannot be "5"',
      '31:3 certificates["192.0.2.1"] is an IP address, which no CA proves over the DNS',
      "33:17 notifications.a.webhook is no https: URL without credentials",
      "33:76 notifications.a.headers.X-Token is a secret, which must not stand in the file",
      "34:6 notifications.b.from is missing",
      "34:6 notifications.b.smtp is missing",
      '34:15 notifications.b.email should be a list, not "ops@example.com"',
      '35:20 alarms.warning cannot be "0.9"',
      '36:18 serve.listen cannot be "9465"',
      '36:34 serve.interval cannot be "10"',
      '37:11 parallel should be a whole number from 1 to 256, not "1000"',
    ]);
  });

  test("is refused by one error, a line for each that editors can follow, with what to write instead", () => {
    const { code, message, hint } = refused(text);
    expect(code).toBe("CONFIG_INVALID");
    expect(hint).toContain("certwright config check");
    const lines = message.split("\n");
    expect(lines[0]).toBe("/etc/certwright/certwright.yaml has 44 faults");
    expect(lines[1]).toBe(
      "/etc/certwright/certwright.yaml:1:1: acounts is not a known key. Did you mean accounts? Known here: version, state, parallel, accounts, cas, providers, targets, fleets, hooks, defaults, certificates, notifications, alarms, serve.",
    );
    expect(lines).toContain(
      '/etc/certwright/certwright.yaml:25:13: certificates["www.example.com"].names[0] refers to an anchor that is not there: *.example.com. A text that starts with * needs quotes: "*.example.com".',
    );
    expect(lines).toContain(
      "/etc/certwright/certwright.yaml:10:41: providers.cloudflare.options.apiTokn is not an option of cloudflare. Did you mean apiToken? Its options: apiToken, email.",
    );
    expect(lines).toHaveLength(45);
  });
});
