import { createHash } from "node:crypto";
import { unexpected } from "../runtime/answers.ts";

/*
 * The grammar of HAProxy's `dpapi` event ring (3.2 and later), one message at a time. It tells of two things: a dns-01
 * challenge that wants its record, and a certificate that came. Failures, starts and http-01 are not told.
 */

/** A record HAProxy waits for. */
export interface Deploy {
  readonly kind: "deploy";
  /** HAProxy's clock, to the microsecond; with the content it tells messages apart. */
  readonly at: string;
  /** Name in HAProxy: a path, or `@store/alias`. */
  readonly certificate: string;
  /** Of the account's key. */
  readonly thumbprint: string;
  /** `provider-name` of the `acme` section. */
  readonly provider?: string;
  /** `acme-vars` of the `acme` section. Usually a secret. */
  readonly vars?: string;
  /** Without `*.`, lower case. */
  readonly domain: string;
  readonly wildcard: boolean;
  readonly token: string;
  /** What the TXT record must hold. */
  readonly record: string;
  /** When the CA forgets the authorization, milliseconds since 1970. */
  readonly expires?: number;
}

/** A certificate that was obtained and is in HAProxy's memory only. */
export interface NewCertificate {
  readonly kind: "newcert";
  readonly at: string;
  readonly certificate: string;
}

/** A message of a kind this version does not know. */
export interface Foreign {
  readonly kind: "foreign";
  readonly at: string;
  readonly text: string;
}

export type RingMessage = Deploy | NewCertificate | Foreign;

/** Who told: process id of the worker. An order is that worker's alone, and gone with it. */
export interface Told {
  readonly worker: number;
}

/** Longest message in bytes; HAProxy's own limit is its buffer size. */
export const longestMessage = 1024 * 1024;

const head = /^<\d{1,3}>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ([^\n]*)(?:\n([\s\S]*))?$/;

/**
 * Reads one message, without its NUL.
 *
 * @throws HaproxyError HAPROXY_UNEXPECTED_ANSWER
 */
export function parseRingMessage(text: string): RingMessage {
  const [, at, line, rest = ""] = head.exec(text) ?? [];
  if (at === undefined || line === undefined) throw unexpected("show events dpapi", text);
  const newcert = /^acme newcert (\S.*)$/.exec(line);
  if (newcert) return { kind: "newcert", at, certificate: newcert[1] ?? "" };
  const deploy = /^acme deploy (\S.*) thumbprint ([\w-]{43})$/.exec(line);
  if (deploy) return readDeploy(at, deploy[1] ?? "", deploy[2] ?? "", rest, text);
  if (/^acme (?:newcert|deploy)\b/.test(line)) throw unexpected("show events dpapi", text);
  return { kind: "foreign", at, text: line };
}

function readDeploy(at: string, certificate: string, thumbprint: string, rest: string, text: string): Deploy {
  const [, lines = "", json] = /^((?:[a-z0-9-]+ "[^\n]*"\n)*)(\{[\s\S]*\})\s*$/.exec(rest) ?? [];
  const field = (name: string) => new RegExp(`^${name} "([^\\n]*)"$`, "m").exec(lines)?.[1]?.replaceAll('\\"', '"');
  const record = field("dns-01-record");
  const authorization = json === undefined ? undefined : readAuthorization(json);
  const isMeant =
    authorization !== undefined && record === recordValue(`${authorization.token}.${thumbprint}`) ? record : undefined;
  // A value that does not follow from the token is none the CA would accept: better to stop than to set it.
  if (authorization === undefined || isMeant === undefined) throw unexpected("show events dpapi", text);
  const provider = field("provider-name");
  const vars = field("acme-vars");
  return {
    kind: "deploy",
    at,
    certificate,
    thumbprint,
    record: isMeant,
    ...authorization,
    ...(provider === undefined || provider === "" ? {} : { provider }),
    ...(vars === undefined || vars === "" ? {} : { vars }),
  };
}

/** The TXT value of a key authorization (RFC 8555 section 8.4). */
function recordValue(keyAuthorization: string): string {
  return createHash("sha256").update(keyAuthorization).digest("base64url");
}

type Authorization = Pick<Deploy, "domain" | "wildcard" | "token" | "expires">;

/** The authorization as the CA sent it (RFC 8555 section 7.1.4), as far as it matters here. */
function readAuthorization(json: string): Authorization | undefined {
  const { identifier, challenges, wildcard, expires } = fields(parseJson(json));
  const { type, value } = fields(identifier);
  if (type !== "dns" || typeof value !== "string" || !/^[\w-]+(?:\.[\w-]+)*\.?$/.test(value) || value.length > 254) {
    return undefined;
  }
  const all = Array.isArray(challenges) ? challenges.map(fields) : [];
  const [challenge, ...others] = all.filter((candidate) => candidate.type === "dns-01");
  const token = challenge?.token;
  if (others.length > 0 || typeof token !== "string" || !/^[\w-]{1,512}$/.test(token)) return undefined;
  const until = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
  return {
    domain: value.toLowerCase().replace(/\.$/, ""),
    wildcard: wildcard === true,
    token,
    ...(Number.isNaN(until) ? {} : { expires: until }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
