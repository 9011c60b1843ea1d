import type { ChallengeType, Identifier } from "./identifier.ts";

/**
 * How one certificate is obtained and where it goes: what the configuration or the command line says, what is kept
 * with the certificate, and all that a renewal needs. It refers to secrets; it never holds one.
 */
export interface CertificateSpec {
  /** Name in the store; default the first identifier. */
  readonly name: string;
  readonly identifiers: readonly Identifier[];
  readonly keyType: KeyTypeName;
  /** Keep the key at renewal. Default false: a new key each time. */
  readonly reuseKey: boolean;
  /** Path of the user's own CSR; then `keyType` and `reuseKey` say nothing. */
  readonly csrFile?: string;
  readonly profile?: string;
  /** Common name of the issuer, or SHA-256 of the root, of the chain wanted among the CA's alternates. */
  readonly preferredChain?: string;
  /** CAs in order of preference. */
  readonly cas: readonly CaSpec[];
  /** Ways to prove the names, in order of preference. */
  readonly challenges: readonly ChallengeSpec[];
  readonly dns: DnsSpec;
  /** Deploy targets as written: `haproxy:/run/haproxy/admin.sock`. */
  readonly deploy: readonly string[];
}

/**
 * Certificates worked on at a time where nobody says. Each of them mostly waits, for name servers and for the CA, and
 * needs some 30 ms of work; so many keep a CPU busy with a CA that is near, and get through a hundred in little more than
 * the time one needs with a slow DNS. They share 16 connections to a CA, which keeps them far below any CA's requests a second.
 */
export const usualParallel = 32;

export type KeyTypeName = "ec256" | "ec384" | "rsa2048" | "rsa3072" | "rsa4096";

/** One CA and the account used there. */
export interface CaSpec {
  readonly directoryUrl: string;
  /** PEM file of the roots to trust for the CA's own HTTPS endpoint, in place of the system's. */
  readonly caFile?: string;
  readonly email?: string;
  /** Key identifier of an external account binding; its MAC key is a {@link SecretRef}. */
  readonly eab?: { readonly kid: string; readonly hmacKey: SecretRef };
}

/** Where a secret is to be found. Values written in the clear are refused. */
export type SecretRef =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly [string, ...string[]] };

/** One way to prove names. */
export interface ChallengeSpec {
  readonly type: ChallengeType;
  /** dns-*: provider id, path or package. */
  readonly provider?: string;
  /** dns-*: instance label, to tell two accounts of one provider apart. Default: the provider's id. */
  readonly instance?: string;
  /** Provider options that are not secret, by option name, and references to those that are. */
  readonly options?: Readonly<Record<string, string | SecretRef>>;
  /** Names (and all below) this one is used for; left out: any. */
  readonly zones?: readonly string[];
  /** dns-*: the zone to write to, as `name` or `name=id`; then nothing is looked up. */
  readonly zone?: string;
  /** http-01: directory a web server shows as `/`. */
  readonly webroot?: string;
  /** http-01, tls-alpn-01: `host:port` to listen on. */
  readonly listen?: string;
  /** http-01: addresses of the HAProxy nodes that answer from a map, each of them. */
  readonly haproxy?: readonly string[];
  /** http-01: that map, as the configuration of HAProxy names it. Default: `virt@acme`. */
  readonly map?: string;
  /** http-01: what stands at port 80 answers by itself, from the thumbprint of the account. Default: false. */
  readonly stateless?: boolean;
  /** http-01: ask for the answer ourselves before the CA does. Default: true. */
  readonly selfCheck?: boolean;
}

/** How the DNS is asked. */
export interface DnsSpec {
  /** `host:port` or `host`; default the system's. */
  readonly resolvers?: readonly string[];
  /** Other resolvers for a zone and all below it (split horizon); the longest zone wins. */
  readonly zoneResolvers?: Readonly<Record<string, readonly string[]>>;
  /** Asked for propagation instead of the zone's own name servers. */
  readonly nameservers?: readonly string[];
  /** Follow CNAMEs at the challenge name. Default true. */
  readonly followAlias?: boolean;
  /** Challenge name -> name to write to, explicit delegation. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly propagation?: PropagationSpec;
}

/** How long and how to wait for a TXT value. */
export interface PropagationSpec {
  readonly mode: "check" | "fixed" | "off";
  /** Longest wait for `check`, the wait itself for `fixed`; default from the provider. */
  readonly seconds?: number;
  /** Resolvers that must see the value too. */
  readonly publicResolvers?: readonly string[];
}
