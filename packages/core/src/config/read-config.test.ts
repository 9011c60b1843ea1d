import { describe, expect, test } from "vitest";
import { configExample } from "./example.ts";
import { read, refused, shown } from "./testing/read.ts";

const minimal = "providers: { cloudflare: {} }\n";

describe("a configuration", () => {
  test("of nothing is a configuration", () => {
    expect(read("").certificates).toEqual([]);
    expect(read("# nothing yet\n").settings.parallel).toBe(4);
  });

  test("of one name needs no more than a provider", () => {
    expect(read(`${minimal}certificates:\n  www.example.com:\n`).certificates).toEqual([
      {
        name: "www.example.com",
        identifiers: [{ type: "dns", value: "www.example.com" }],
        keyType: "ec256",
        reuseKey: false,
        cas: [{ directoryUrl: "https://acme-v02.example/directory" }],
        challenges: [{ type: "dns-01", provider: "cloudflare", instance: "cloudflare" }],
        dns: { followAlias: true },
        deploy: [],
      },
    ]);
  });

  test("says more about certificates than its defaults, key by key", () => {
    const { certificates } = read(`${minimal}
accounts: { main: { email: ops@example.com, acceptTerms: true } }
cas: { zerossl: { eab: { keyId: kid, hmacKey: { env: HMAC } } }, own: { url: "https://ca.example/dir", caFile: root.pem } }
defaults:
  keyType: rsa2048
  cas: [own, letsencrypt]
  dns: { followAlias: false, resolvers: [192.0.2.1], propagation: { mode: fixed, wait: 2m } }
  deploy: ["haproxy:/a.sock"]
  profile: tlsserver
certificates:
  a.example.com: {}
  b.example.com:
    names: [B.example.com, "*.münchen.example", "2001:DB8::0:1"]
    keyType: ec384
    reuseKey: true
    csr: b.csr
    cas: [zerossl]
    challenges: [dns-01, { type: http-01, webroot: www }]
    dns: { resolvers: [192.0.2.2], aliases: { _Acme-Challenge.b.example.com: b.acme.example. } }
    deploy: []
`);
    const account = { email: "ops@example.com" };
    expect(certificates[0]).toEqual({
      name: "a.example.com",
      identifiers: [{ type: "dns", value: "a.example.com" }],
      keyType: "rsa2048",
      reuseKey: false,
      profile: "tlsserver",
      cas: [
        { directoryUrl: "https://ca.example/dir", caFile: "/etc/certwright/root.pem", ...account },
        { directoryUrl: "https://acme-v02.example/directory", ...account },
      ],
      challenges: [{ type: "dns-01", provider: "cloudflare", instance: "cloudflare" }],
      dns: { followAlias: false, resolvers: ["192.0.2.1"], propagation: { mode: "fixed", seconds: 120 } },
      deploy: ["haproxy:/a.sock"],
    });
    expect(certificates[1]).toEqual({
      name: "b.example.com",
      identifiers: [
        { type: "dns", value: "b.example.com" },
        { type: "dns", value: "*.xn--mnchen-3ya.example" },
        { type: "ip", value: "2001:db8::1" },
      ],
      keyType: "ec384",
      reuseKey: true,
      csrFile: "/etc/certwright/b.csr",
      profile: "tlsserver",
      cas: [
        {
          directoryUrl: "https://acme.zerossl.example/v2/DV90",
          eab: { kid: "kid", hmacKey: { env: "HMAC" } },
          ...account,
        },
      ],
      challenges: [
        { type: "dns-01", provider: "cloudflare", instance: "cloudflare" },
        { type: "http-01", webroot: "/etc/certwright/www" },
      ],
      dns: {
        followAlias: false,
        resolvers: ["192.0.2.2"],
        aliases: { "_acme-challenge.b.example.com": "b.acme.example" },
        propagation: { mode: "fixed", seconds: 120 },
      },
      deploy: [],
    });
  });

  test("brings CAs, accounts and limits together", () => {
    const { cas, certificates } = read(`${minimal}
accounts: { a: { email: a@example.com }, b: { acceptTerms: true, key: { file: b.key } } }
cas:
  letsencrypt: { account: a }
  own: { url: "https://ca.example/dir", account: b, limits: [{ subject: account-orders, count: 5, period: 3h, exempt: [ari] }] }
certificates: { x.example.com: { cas: [own] } }
`);
    expect(cas).toEqual([
      {
        label: "letsencrypt",
        spec: { directoryUrl: "https://acme-v02.example/directory", email: "a@example.com" },
        acceptTerms: false,
      },
      {
        label: "own",
        spec: { directoryUrl: "https://ca.example/dir" },
        acceptTerms: true,
        accountKey: { file: "/etc/certwright/b.key" },
        limits: [{ id: "account-orders", subject: "account-orders", count: 5, periodMs: 10_800_000, exempt: ["ari"] }],
      },
    ]);
    expect(certificates[0]?.cas[0]).toBe(cas[1]?.spec);
  });

  test("uses several accounts of one provider by zone", () => {
    const { certificates } = read(`
providers:
  one: { provider: cloudflare, zones: [Example.com], options: { token: { env: ONE } } }
  two: { provider: acme-plugin, zone: example.net=Z1, options: { account: 00123, regions: [a, b], flag: true, apiToken: { command: [./token, two] } } }
certificates:
  a.example.com: {}
  b.example.net: { challenges: [{ type: dns-account-01, providers: [two] }] }
`);
    const one = { provider: "cloudflare", instance: "one", zones: ["example.com"], options: { token: { env: "ONE" } } };
    const options = {
      account: "00123",
      regions: "a,b",
      flag: "true",
      apiToken: { command: ["/etc/certwright/token", "two"] },
    };
    const two = { provider: "acme-plugin", instance: "two", zone: "example.net=Z1", options };
    expect(certificates.map(({ challenges }) => challenges)).toEqual([
      [
        { type: "dns-01", ...one },
        { type: "dns-01", ...two },
      ],
      [{ type: "dns-account-01", ...two }],
    ]);
  });

  test("finds a provider of the user's own beside itself", () => {
    const { providers } = read("providers: { mine: { provider: ./dns/mine.ts } }").settings;
    expect(providers.mine?.provider).toBe("/etc/certwright/dns/mine.ts");
  });

  test("makes deploy targets that explain themselves, and keeps those that do not", () => {
    const { certificates, targets } = read(`${minimal}
targets:
  edge:
    haproxy: tls://edge.example.com:9443
    tls: { ca: ca.pem, cert: c.pem, key: k.pem, serverName: edge }
    certificate: "@shop/site&one.pem"
    add: { list: /etc/haproxy/crt.lst, as: site.pem, options: "alpn h2,http/1.1", filters: [a.example.com, b.example.com] }
    writeFiles: false
    map: [{ haproxy: /certs, local: /srv/certs }]
    check: ["[::1]:443", "127.0.0.1:443"]
    allowFewerNames: true
  reload: { exec: [systemctl, reload, nginx], timeout: 30s }
fleets: { eu: { nodes: [/run/a.sock], policy: quorum } }
hooks: { deploy: [{ command: [./note], name: note }] }
defaults: { hooks: { deploy: [[logger, "new certificate"]] } }
certificates:
  a.example.com: { deploy: [edge, reload, eu, "haproxy:/run/b.sock"] }
  b.example.com: { hooks: { deploy: [] } }
`);
    expect(certificates.map(({ deploy }) => deploy)).toEqual([
      [
        "haproxy:tls://edge.example.com:9443?ca=/etc/certwright/ca.pem&cert=/etc/certwright/c.pem&key=/etc/certwright/k.pem&servername=edge&certificate=@shop/site%26one.pem&add=/etc/haproxy/crt.lst&as=site.pem&options=alpn%20h2,http/1.1&filters=a.example.com,b.example.com&files=no&fewer-names=yes&map=/certs:/srv/certs&check=[::1]:443&check=127.0.0.1:443",
        "exec:reload",
        "fleet:eu",
        "haproxy:/run/b.sock",
        "exec:note",
        "exec:logger new certificate",
      ],
      ["exec:note"],
    ]);
    expect([...targets.keys()].sort()).toEqual(["exec:logger new certificate", "exec:note", "exec:reload", "fleet:eu"]);
    expect(targets.get("exec:reload")).toMatchObject({
      kind: "exec",
      hook: { command: ["systemctl", "reload", "nginx"], timeout: 30 },
    });
    expect(targets.get("exec:note")).toMatchObject({ hook: { command: ["/etc/certwright/note"], timeout: 120 } });
    expect(targets.get("fleet:eu")).toMatchObject({
      kind: "fleet",
      label: "eu",
      fleet: { policy: "quorum", parallel: 16 },
    });
  });

  test("keeps the hooks around orders by certificate", () => {
    const { hooks, settings } = read(`${minimal}
hooks: { pre: [[a]], post: [[b]] }
defaults: { hooks: { pre: [[c]], post: [[d]] } }
certificates: { x.example.com: {}, y.example.com: { hooks: { pre: [] } } }
`);
    const run = (...commands: string[]) => commands.map((command) => ({ command: [command], timeout: 120 }));
    expect(settings.hooks).toEqual({ pre: run("a"), post: run("b"), deploy: [] });
    expect([...hooks]).toEqual([
      ["x.example.com", { pre: run("c"), post: run("d") }],
      ["y.example.com", { pre: [], post: run("d") }],
    ]);
  });

  test("may repeat itself with anchors", () => {
    const { hooks } = read(`${minimal}
certificates:
  x.example.com: { hooks: { pre: &stop [[systemctl, stop, nginx]] } }
  y.example.com: { hooks: { pre: *stop } }
`);
    expect(hooks.get("y.example.com")).toEqual(hooks.get("x.example.com"));
  });

  test("that shows everything is right", () => {
    const config = read(configExample.replaceAll("\r", ""));
    expect(config.certificates).toHaveLength(5);
    expect(Object.keys(config.settings.notifications)).toEqual(["chat", "mail", "pager"]);
    expect(config.settings.notifications.pager).toMatchObject({ exec: ["/etc/certwright/page", "{}"], quiet: 3600 });
    expect(config.settings.alarms).toEqual({ warning: 0.85, critical: 0.95 });
    expect(config.settings.serve).toEqual({ listen: "127.0.0.1:9465", interval: 600 });
  });
});

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
    options: { token: hunter2secret, tokn: x }
  cloudflare: {}
  nobody: {}
  bind: { provider: rfc2136, options: { tsigAlgorithm: md5, tsigKey: name } }
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
      "10:23 providers.cloudflare.options.token is a secret, which must not stand in the file",
      "10:38 providers.cloudflare.options.tokn is not an option of cloudflare",
      "11:3 providers.cloudflare is given twice",
      "12:3 providers.nobody no DNS provider is called nobody",
      '13:56 providers.bind.options.tsigAlgorithm cannot be "md5"',
      "15:9 targets.edge needs haproxy or exec",
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
      '25:33 certificates["www.example.com"].names[2] is wrong: "a_b!" is not a name a certificate can have: "a_b!" is not a DNS name: it contains the character "!"',
      '26:18 certificates["www.example.com"].challenges[0] cannot be "http-1"',
      '26:26 certificates["www.example.com"].challenges[1] names no provider: "cf"',
      '26:26 certificates["www.example.com"].challenges[1] has providers, which only dns-* challenges use',
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
      "/etc/certwright/certwright.yaml:10:38: providers.cloudflare.options.tokn is not an option of cloudflare. Did you mean token? Its options: token, email.",
    );
    expect(lines).toHaveLength(45);
  });
});

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
      "an account that is not there",
      `${minimal}accounts: { main: {} }\ncas: { letsencrypt: { account: mian } }`,
      '3:32 cas.letsencrypt.account names no account: "mian"',
    ],
    [
      "no way to prove a name",
      "certificates: { a.example.com: {} }",
      '1:17 certificates["a.example.com"] does not say how its names are proved',
    ],
    [
      "a dns challenge without provider",
      "certificates: { a.example.com: { challenges: [dns-01] } }",
      '1:47 certificates["a.example.com"].challenges[0] needs a DNS provider, and none is there',
    ],
    [
      "webroot for tls",
      "defaults: { challenges: [{ type: tls-alpn-01, webroot: /x }] }",
      "1:26 defaults.challenges[0] has a webroot, which only http-01 uses",
    ],
    [
      "webroot and listen",
      "defaults: { challenges: [{ type: http-01, webroot: /x, listen: ':80' }] }",
      "1:26 defaults.challenges[0] has both webroot and listen",
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
