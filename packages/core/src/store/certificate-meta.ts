import type { Identifier } from "../identifier.ts";
import { type Codec, count, instant, list, oneOf, optional, pattern, remark, shape, text } from "./codec.ts";
import type { DocumentKind } from "./document.ts";

/** What is known of one generation of a certificate, besides the certificate itself. Times are milliseconds since 1970. */
export interface CertificateMeta {
  readonly name: string;
  readonly generation: number;
  readonly identifiers: readonly Identifier[];
  /** Of the certified key: `ec256`, `rsa2048`, ... */
  readonly keyType: string;
  readonly profile?: string;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Upper-case hex. */
  readonly serial: string;
  /** SHA-256 of the leaf's DER, lower-case hex. */
  readonly fingerprint256: string;
  readonly renewalInfo?: RenewalInfoState;
  /** Where it is to be served, and how far that got. */
  readonly targets: readonly TargetState[];
  readonly revoked?: Revocation;
}

/** What the CA said about renewal (RFC 9773), and what was made of it. */
export interface RenewalInfoState {
  /** Certificate identifier (RFC 9773 section 4.1), also for `replaces`. */
  readonly certId: string;
  readonly window?: { readonly start: number; readonly end: number };
  readonly explanationUrl?: string;
  /** The moment chosen in the window; kept while the window is the same. */
  readonly chosen?: number;
  /** When to ask the CA again. */
  readonly nextCheck?: number;
}

/** One deploy target of one certificate. Issued and deployed are two states, each with its own schedule. */
export interface TargetState {
  /** As written in the configuration: `haproxy:/run/haproxy/admin.sock`. */
  readonly target: string;
  /** Whose it is, where several machines share the state and each has its own of that name. */
  readonly machine?: string;
  /** Fingerprint of the leaf that it should serve. */
  readonly wanted: string;
  /** The last leaf it took, and when. */
  readonly accepted?: SeenAt;
  /** The last leaf it was proven to serve, and since when. */
  readonly served?: SeenAt;
  /** Failed attempts since the last that worked. */
  readonly failures: number;
  readonly nextTry?: number;
  readonly lastError?: { readonly code: string; readonly message: string; readonly at: number };
}

export interface SeenAt {
  readonly fingerprint256: string;
  readonly at: number;
}

export interface Revocation {
  readonly at: number;
  /** As in RFC 5280 section 5.3.1, by name: `keyCompromise`. */
  readonly reason: string;
}

export const identifierCodec: Codec<Identifier> = shape<Identifier>({ type: oneOf("dns", "ip"), value: text(255) });

const fingerprint = pattern(/^[0-9a-f]{64}$/, "a SHA-256 fingerprint");
const seenAt = shape<SeenAt>({ fingerprint256: fingerprint, at: instant });

/** Of one target, wherever it is kept. */
export const targetState = shape<TargetState>({
  target: text(),
  machine: optional(text(255)),
  wanted: fingerprint,
  accepted: optional(seenAt),
  served: optional(seenAt),
  failures: count,
  nextTry: optional(instant),
  lastError: optional(
    shape<NonNullable<TargetState["lastError"]>>({ code: text(100), message: remark(), at: instant }),
  ),
});

const renewalInfo = shape<RenewalInfoState>({
  certId: pattern(/^[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{1,100}$/, "a certificate identifier (RFC 9773)"),
  window: optional(shape<NonNullable<RenewalInfoState["window"]>>({ start: instant, end: instant })),
  explanationUrl: optional(text(2048)),
  chosen: optional(instant),
  nextCheck: optional(instant),
});

/** `meta.json` of a generation. */
export const certificateMeta: DocumentKind<CertificateMeta> = {
  format: 1,
  codec: shape<CertificateMeta>({
    name: text(4096),
    generation: count,
    identifiers: list(identifierCodec),
    keyType: text(40),
    profile: optional(text(255)),
    directoryUrl: text(2048),
    accountUrl: text(2048),
    issuedAt: instant,
    notBefore: instant,
    notAfter: instant,
    serial: pattern(/^[0-9A-F]{1,64}$/, "a serial number in hex"),
    fingerprint256: fingerprint,
    renewalInfo: optional(renewalInfo),
    targets: list(targetState),
    revoked: optional(shape<Revocation>({ at: instant, reason: text(100) })),
  }),
};
