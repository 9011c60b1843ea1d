import { caName } from "./accounts.ts";
import { backoffMs, bearablePause, longestAskedPause } from "./backoff.ts";
import { count, instant, remark, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { longestHoldMs } from "./ledger.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { unlessDamaged } from "./unless-damaged.ts";

/**
 * A certificate's failures in a row at one CA. Each has a document of its own, which only whoever works on the certificate
 * changes: where all of 100,000 fail, none has to write what is known of the others. Times are milliseconds since 1970.
 */
export interface Failure {
  readonly certificate: string;
  readonly directoryUrl: string;
  readonly count: number;
  readonly since: number;
  readonly last: number;
  readonly nextTry: number;
  readonly code: string;
  readonly reason: string;
}

/** Why a certificate failed. */
export interface FailureCause {
  readonly code: string;
  readonly message: string;
  /** Seconds the CA asked to wait. */
  readonly retryAfter?: number | undefined;
}

const failureDocument: DocumentKind<Failure> = {
  format: 1,
  codec: shape<Failure>({
    certificate: text(4096),
    directoryUrl: text(2048),
    count,
    since: instant,
    last: instant,
    nextTry: instant,
    code: text(100),
    reason: remark(),
  }),
};

const folder = (certificate: string) => `failures/${safeName(certificate)}`;
const keyOf = (certificate: string, directoryUrl: string) => `${folder(certificate)}/${caName(directoryUrl)}.json`;

const forgottenAfter = 90 * 24 * 3_600_000;

/** What a certificate failed with at a CA, and not more than 90 days ago. One that is damaged is none: another try costs little. */
export async function readFailure(
  store: Store,
  certificate: string,
  directoryUrl: string,
  now: number,
): Promise<Failure | undefined> {
  const key = keyOf(certificate, directoryUrl);
  const read = async () => {
    const value = await store.read(key);
    return value === undefined ? undefined : decodeDocument(failureDocument, key, value.bytes);
  };
  const failure = await unlessDamaged(read(), () => {});
  return failure === undefined || failure.last + forgottenAfter <= now ? undefined : failure;
}

export async function saveFailure(store: Store, failure: Failure): Promise<void> {
  const { certificate, directoryUrl } = failure;
  await store.write(keyOf(certificate, directoryUrl), encodeDocument(failureDocument, failure));
}

export async function removeFailure(store: Store, certificate: string, directoryUrl: string): Promise<void> {
  await store.remove(keyOf(certificate, directoryUrl));
}

/** Forgets what a certificate failed with, at all CAs. */
export async function removeFailures(store: Store, certificate: string): Promise<void> {
  for (const file of await store.list(folder(certificate))) await store.remove(`${folder(certificate)}/${file}`);
}

/**
 * The failure after another one: the next try is after a backoff, or later if the CA asked for it. Where a certificate is in
 * use until `expires`, the pause is never longer than it can bear: to ask too early costs a refusal, to ask too late the
 * site.
 *
 * @param random in [0, 1)
 */
export function failedAgain(
  before: Pick<Failure, "count" | "since"> | undefined,
  { code, message, retryAfter }: FailureCause,
  random: number,
  now: number,
  expires?: number,
): Omit<Failure, "certificate" | "directoryUrl"> {
  const times = Math.min((before?.count ?? 0) + 1, 1_000_000);
  const left = expires === undefined ? Number.POSITIVE_INFINITY : Math.max(expires - now, 0);
  const asked = Math.min(Math.max((retryAfter ?? 0) * 1000, 0), longestHoldMs, longestAskedPause(left));
  return {
    count: times,
    since: before?.since ?? now,
    last: now,
    nextTry: now + Math.round(Math.max(backoffMs(times, random, bearablePause(left)), asked || 0)),
    code,
    reason: message,
  };
}
