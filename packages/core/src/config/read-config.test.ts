import { describe, expect, test } from "vitest";
import { configExample } from "./example.ts";
import { read } from "./testing/read.ts";

const minimal = "providers: { cloudflare: {} }\n";

describe("a configuration", () => {
  test("of nothing is a configuration", () => {
    expect(read("").certificates).toEqual([]);
    expect(read("# nothing yet\n").settings.parallel).toBe(32);
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

  test("gives a CA another to try names at, which no certificate falls back to", () => {
    const { cas, certificates } = read(`${minimal}
accounts: { main: { email: ops@example.com, acceptTerms: true } }
cas:
  own: { url: "https://ca.example/dir", staging: trial }
  trial: { url: "https://trial.example/dir", caFile: trial.pem }
  zerossl: { staging: none }
  letsencrypt: { staging: "https://other.example/dir" }
defaults: { cas: [own] }
certificates: { a.example.com: {} }
`);
    const email = "ops@example.com";
    expect(cas.map(({ label, staging }) => [label, staging])).toEqual([
      ["own", { directoryUrl: "https://trial.example/dir", caFile: "/etc/certwright/trial.pem", email }],
      ["trial", undefined],
      ["zerossl", null],
      ["letsencrypt", { directoryUrl: "https://other.example/dir", email }],
    ]);
    expect(certificates[0]?.cas).toEqual([{ directoryUrl: "https://ca.example/dir", email }]);
    const two =
      'cas: { own: { url: "https://ca.example/dir", staging: trial }, trial: { url: "https://trial.example/dir" } }';
    expect(read(`${minimal}${two}\ncertificates: { a.example.com: {} }\n`).certificates[0]?.cas).toEqual([
      { directoryUrl: "https://ca.example/dir" },
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
        fetchEab: false,
      },
      {
        label: "own",
        spec: { directoryUrl: "https://ca.example/dir" },
        acceptTerms: true,
        fetchEab: false,
        accountKey: { file: "/etc/certwright/b.key" },
        limits: [{ id: "account-orders", subject: "account-orders", count: 5, periodMs: 10_800_000, exempt: ["ari"] }],
      },
    ]);
    expect(certificates[0]?.cas[0]).toBe(cas[1]?.spec);
  });

  test("uses several accounts of one provider by zone", () => {
    const { certificates } = read(`
providers:
  one: { provider: cloudflare, zones: [Example.com], options: { apiToken: { env: ONE } } }
  two: { provider: acme-plugin, zone: example.net=Z1, options: { account: 00123, regions: [a, b], flag: true, apiToken: { command: [./token, two] } } }
certificates:
  a.example.com: {}
  b.example.net: { challenges: [{ type: dns-account-01, providers: [two] }] }
`);
    const one = {
      provider: "cloudflare",
      instance: "one",
      zones: ["example.com"],
      options: { apiToken: { env: "ONE" } },
    };
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

  test.each([
    ["client.key", "/etc/certwright/client.key"],
    ["{ file: client.key }", "/etc/certwright/client.key"],
    ["{ env: NODE_KEY }", "env:NODE_KEY"],
    ["{ command: [pass, show, node] }", "config:edge"],
  ])("a target says where its key is, and names no program: %s", (key, where) => {
    const { certificates } = read(`${minimal}
targets:
  edge: { haproxy: "tls://h:1", tls: { ca: /ca, cert: /c, key: ${key} } }
  api: { dataplane: { url: "https://h:2", cert: /c, key: ${key} } }
certificates: { a.example.com: { deploy: [edge, api] } }
`);
    expect(certificates[0]?.deploy).toEqual([
      `haproxy:tls://h:1?ca=/ca&cert=/c&key=${where}`,
      `dataplane:https://h:2?cert=/c&key=${where.replace("config:edge", "config:api")}`,
    ]);
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
