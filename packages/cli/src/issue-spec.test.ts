import type { CertificateSpec } from "@certwright/core";
import { describe, expect, it } from "vitest";
import { specOf } from "./issue-spec.ts";
import { readCommandLine } from "./program.ts";
import { testContext } from "./testing/fake-context.ts";

/** The spec a whole command line asks for. */
function specFor(line: string, env: Record<string, string> = {}): CertificateSpec {
  const context = testContext({ cwd: "/project", env });
  const request = readCommandLine(["issue", ...line.split(" ")], context, "1");
  if (typeof request === "number") throw new Error("no request");
  return specOf(request.flags as Parameters<typeof specOf>[0], context, [], request.given);
}

it("refuses a wildcard before any CA is asked, where no way by DNS is given", () => {
  expect(() => specFor("-d a.test,*.a.test --http")).toThrow(refused("CLI_USAGE", /\*\.a\.test is a wildcard/));
  expect(specFor("-d *.a.test --http --dns desec").challenges).toHaveLength(2);
});

it("refuses an address before any CA is asked, where the only way is the DNS; and names no certificate can be called by", () => {
  expect(() => specFor("-d 192.0.2.1 --dns desec")).toThrow(refused("CLI_USAGE", /192\.0\.2\.1 is an IP address/));
  expect(specFor("-d 192.0.2.1 --dns desec --http").challenges).toHaveLength(2);
  for (const name of ["../etc/x", "a\nb", "a\u001b[2J", "a".repeat(254)]) {
    expect(() => specFor(`-d a.test --dns desec --name ${name}`)).toThrow(refused("CLI_USAGE", /--name cannot be/));
  }
});

const refused = (code: string, text: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(text), hint: expect.stringMatching(/./) });

describe("specOf", () => {
  it("fills in the defaults", () => {
    expect(specFor("-d Example.COM,*.example.com,example.com --dns desec")).toEqual({
      name: "example.com",
      identifiers: [
        { type: "dns", value: "example.com" },
        { type: "dns", value: "*.example.com" },
      ],
      keyType: "ec256",
      reuseKey: false,
      cas: [{ directoryUrl: "https://acme-v02.api.letsencrypt.org/directory" }],
      challenges: [{ type: "dns-01", provider: "desec" }],
      dns: { followAlias: true },
      deploy: [],
    });
  });

  it("takes all that was asked for, with absolute paths and no secret", () => {
    const line =
      "-d a.test,192.0.2.1 --name web --key-type P-384 --reuse-key --profile short --preferred-chain Root " +
      "--dns rfc2136 --dns ./mine.ts --dns-option rfc2136:nameserver=192.0.2.53 --dns-option ./mine.ts:token=file:t.txt " +
      "--dns-resolvers 192.0.2.1:53,https://dns.test/q --dns-nameservers [2001:db8::1]:53 --propagation 5m --no-follow-alias " +
      "--server zerossl,letsencrypt --ca-file roots.pem --email me@a.test --eab-kid k1 --http --tls-alpn-listen :8443 " +
      "--deploy haproxy:/run/a.sock --deploy haproxy:/run/b.sock?certificate=/x,y.pem";
    expect(specFor(line, { CERTWRIGHT_EAB_HMAC_KEY: "c2VjcmV0" })).toEqual({
      name: "web",
      identifiers: [
        { type: "dns", value: "a.test" },
        { type: "ip", value: "192.0.2.1" },
      ],
      keyType: "ec384",
      reuseKey: true,
      profile: "short",
      preferredChain: "Root",
      cas: [
        {
          directoryUrl: "https://acme.zerossl.com/v2/DV90",
          caFile: "/project/roots.pem",
          email: "me@a.test",
          eab: { kid: "k1", hmacKey: { env: "CERTWRIGHT_EAB_HMAC_KEY" } },
        },
        {
          directoryUrl: "https://acme-v02.api.letsencrypt.org/directory",
          caFile: "/project/roots.pem",
          email: "me@a.test",
        },
      ],
      challenges: [
        { type: "dns-01", provider: "rfc2136", options: { nameserver: "192.0.2.53" } },
        { type: "dns-01", provider: "/project/mine.ts", options: { token: { file: "/project/t.txt" } } },
        { type: "http-01" },
        { type: "tls-alpn-01", listen: ":8443" },
      ],
      dns: {
        followAlias: false,
        resolvers: ["192.0.2.1:53", "https://dns.test/q"],
        nameservers: ["[2001:db8::1]:53"],
        propagation: { mode: "check", seconds: 300 },
      },
      deploy: ["haproxy:/run/a.sock", "haproxy:/run/b.sock?certificate=/x,y.pem"],
    });
  });

  it("takes a request of one's own, which nothing can be deployed of", () => {
    expect(specFor("-d a.test --dns desec --csr req.pem").csrFile).toBe("/project/req.pem");
    expect(() => specFor("-d a.test --dns desec --csr req.pem --deploy haproxy:/run/a.sock")).toThrow(
      refused("CLI_USAGE", /the key is not here/),
    );
  });

  it("pins a zone, and keeps what stands after = in an option", () => {
    const { challenges } = specFor(
      "-d a.test --dns pdns --zone a.test=77 --dns-option apiKey=env:KEY --dns-option server=a=b",
    );
    expect(challenges).toEqual([
      { type: "dns-01", provider: "pdns", zone: "a.test=77", options: { apiKey: { env: "KEY" }, server: "a=b" } },
    ]);
  });

  it.each<[string, string, Record<string, string>, readonly object[]]>([
    [
      "the order given",
      "--tls-alpn --dns-persist --http --dns desec --dns-account desec",
      {},
      [
        { type: "tls-alpn-01" },
        { type: "dns-persist-01" },
        { type: "http-01" },
        { type: "dns-01", provider: "desec" },
        { type: "dns-account-01", provider: "desec" },
      ],
    ],
    [
      "the command line before the environment",
      "--dns-account desec",
      { CERTWRIGHT_HTTP: "1", CERTWRIGHT_DNS: "pdns" },
      [{ type: "dns-account-01", provider: "desec" }, { type: "http-01" }, { type: "dns-01", provider: "pdns" }],
    ],
    ["an address", "--http 127.0.0.1:8080", {}, [{ type: "http-01", listen: "127.0.0.1:8080" }]],
    ["a directory", "--http --webroot www", {}, [{ type: "http-01", webroot: "/project/www" }]],
    [
      "HAProxy nodes",
      "--http haproxy:/a.sock,/b.sock --http-map virt@x",
      {},
      [{ type: "http-01", haproxy: ["/a.sock", "/b.sock"], map: "virt@x" }],
    ],
    ["a thumbprint", "--http stateless --no-self-check", {}, [{ type: "http-01", stateless: true, selfCheck: false }]],
    ["no http after all", "--tls-alpn", { CERTWRIGHT_HTTP: "off" }, [{ type: "tls-alpn-01" }]],
  ])("keeps ways to prove names: %s", (_what, line, env, expected) => {
    expect(specFor(`-d a.test ${line}`, env).challenges).toEqual(expected);
  });

  it.each([
    ["-d a.test --http nonsense", "CLI_USAGE", /nonsense/],
    ["-d a.test --http haproxy:/a.sock,", "CLI_USAGE", /empty address/],
    ["-d a.test --http stateless --webroot www", "CLI_USAGE", /2 places/],
    ["-d a.test --http --http-map x", "CLI_USAGE", /without --http haproxy/],
    ["--dns x", "CLI_USAGE", /no name to certify/],
    ["-d *.*.x --dns x", "IDENTIFIER_WILDCARD", /\*\.\*\.x/],
    ["-d co.uk --dns x", "IDENTIFIER_PUBLIC_SUFFIX", /co\.uk/],
    [
      `-d ${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}.test --dns x`,
      "IDENTIFIER_BAD",
      /not a name/,
    ],
    ["-d a.test --server nobody --dns x", "CLI_CA_UNKNOWN", /nobody/],
    ["-d a.test --server http://ca.test --dns x", "CLI_CA_UNKNOWN", /must be https/],
    ["-d a.test --email nobody --dns x", "CLI_USAGE", /not an e-mail/],
    ["-d a.test --email a@b.test,c@d.test --dns x", "CLI_USAGE", /not an e-mail/],
    ["-d a.test --eab-kid k --dns x", "CLI_USAGE", /without its HMAC key/],
    ["-d a.test --eab-hmac-key-file f --dns x", "CLI_USAGE", /without --eab-kid/],
    ["-d a.test --dns x --dns-option token", "CLI_USAGE", /not name=value/],
    ["-d a.test --dns x --dns y --dns-option token=1", "CLI_USAGE", /which provider/],
    ["-d a.test --dns x --dns-option z:token=1", "CLI_USAGE", /which provider/],
    ["-d a.test --dns x --dns y --zone a.test", "CLI_USAGE", /one --dns only/],
    ["-d a.test --dns x --zone not_/a_zone", "PROVIDER_INVALID", /no zone/],
    ["-d a.test --dns x --dns-resolvers :::", "DNS_BAD_SERVER", /:::/],
    ["-d a.test --dns x --dns-nameservers 192.0.2.1:99999", "DNS_BAD_SERVER", /99999/],
    ["-d a.test --http-listen 70000", "CLI_USAGE", /70000/],
  ])("refuses %s", (line, code, text) => {
    expect(() => specFor(line)).toThrow(refused(code, text));
  });

  it("never repeats an option's value in an error", () => {
    expect(() => specFor("-d a.test --dns x --dns y --dns-option token=hunter22")).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining("hunter22"),
        hint: expect.not.stringContaining("hunter22"),
      }),
    );
  });
});
