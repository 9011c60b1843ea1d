import type { CertificateSpec } from "../../spec.ts";
import type { IssuedCertificate } from "../save-certificate.ts";

/** The deploy target that tests look at. */
export const target = "haproxy:/run/haproxy/admin.sock";

/** A spec that says something of everything. */
export const fullSpec: CertificateSpec = {
  name: "*.example.com",
  identifiers: [
    { type: "dns", value: "*.example.com" },
    { type: "ip", value: "192.0.2.1" },
  ],
  keyType: "ec256",
  reuseKey: true,
  csrFile: "/etc/x.csr",
  profile: "tlsserver",
  preferredChain: "Test CA Root",
  cas: [
    { directoryUrl: "https://ca.example/directory", caFile: "/etc/ca.pem", email: "admin@example.com" },
    { directoryUrl: "https://other.example/directory", eab: { kid: "kid-1", hmacKey: { command: ["pass", "eab"] } } },
  ],
  challenges: [
    {
      type: "dns-01",
      provider: "cloudflare",
      instance: "main",
      options: { token: { env: "CF_TOKEN" }, key: { file: "/run/secrets/cf" }, endpoint: "https://api.example/" },
      zones: ["example.com"],
      zone: "example.com=abc",
    },
    { type: "http-01", webroot: "/var/www", listen: "127.0.0.1:8080" },
  ],
  dns: {
    resolvers: ["192.0.2.53:53"],
    nameservers: ["192.0.2.54"],
    followAlias: false,
    aliases: { "_acme-challenge.example.com": "x.example.net" },
    propagation: { mode: "check", seconds: 60, publicResolvers: ["9.9.9.9"] },
  },
  deploy: [target, "exec:/usr/local/bin/reload"],
};

/** What a CA might have issued for a name. */
export function issuedWith(
  pair: Pick<IssuedCertificate, "keyPem" | "leafPem" | "chainPem">,
  name: string,
  change: Partial<IssuedCertificate> = {},
  spec: Partial<CertificateSpec> = {},
): IssuedCertificate {
  return {
    spec: { ...fullSpec, name, identifiers: [{ type: "dns", value: name }], ...spec },
    ...pair,
    directoryUrl: "https://ca.example/directory",
    accountUrl: "https://ca.example/acct/1",
    ...change,
  };
}
