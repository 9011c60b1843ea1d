import { CertwrightError, isCertwrightError } from "@certwright/provider";
import { type Directory, type DirectoryResource, directoryOrigins } from "./directory.ts";
import { createDirectorySource, type DirectoryCache, type DirectorySource } from "./directory-source.ts";
import { failureOf, jsonOf } from "./failure.ts";
import { NoncePool } from "./nonce.ts";
import { AcmeProblem, isProblem } from "./problem.ts";
import { defaultRetryPolicy, pauseBeforeRetry, type RetryPolicy } from "./retry.ts";
import { type AcmeTime, neverAborted, systemTime } from "./time.ts";
import {
  createTransport,
  type Transport,
  type TransportOptions,
  type TransportRequest,
  type TransportResponse,
} from "./transport.ts";
import { parseUrl } from "./url.ts";

/** A wait of more than a moment that the client has begun. */
export interface AcmeWaitEvent {
  readonly reason: string;
  readonly seconds: number;
}

/** How to reach one CA. */
export interface SessionOptions extends Omit<TransportOptions, "clock"> {
  readonly directoryUrl: string;
  /** Where the directory is kept between runs. */
  readonly cache?: DirectoryCache;
  /** Seconds a kept directory is used without asking. Default: 86 400. */
  readonly directoryMaxAge?: number;
  /** Hosts besides the directory's own that the CA may name, as `host` or `host:port`. */
  readonly extraHosts?: readonly string[];
  readonly retry?: Partial<RetryPolicy>;
  readonly time?: AcmeTime;
  readonly onWait?: (event: AcmeWaitEvent) => void;
}

/** What clients for different accounts at one CA share: connections, nonces, the directory, a pause asked for. */
export interface Session {
  readonly directoryUrl: string;
  readonly time: AcmeTime;
  readonly onWait: (event: AcmeWaitEvent) => void;
  readonly policy: RetryPolicy;
  readonly transport: Transport;
  readonly origins: Set<string>;
  readonly nonces: NoncePool;
  readonly directory: DirectorySource;
  /** The CA as a whole asked for a pause until then (milliseconds since the epoch). */
  busy: { readonly until: number; readonly because: AcmeProblem } | undefined;
  /** Milliseconds the CA's clock was ahead of ours at an answer, and when that was by ours. */
  clock: { readonly ahead: number | undefined; readonly seen: number } | undefined;
}

/** Begins the session with one CA. Nothing is sent until it is used. */
export function openSession(options: SessionOptions): Session {
  const directoryUrl = parseUrl(options.directoryUrl, "CA's directory URL").href;
  const time = options.time ?? systemTime;
  const session: Session = {
    directoryUrl,
    time,
    onWait: options.onWait ?? ((): void => {}),
    policy: { ...defaultRetryPolicy, ...options.retry },
    transport: createTransport({ ...options, clock: () => performance.now() }),
    origins: new Set([
      new URL(directoryUrl).origin,
      ...(options.extraHosts ?? []).map((host) => new URL(`https://${host}`).origin),
    ]),
    nonces: new NoncePool((signal) => fetchNonce(session, signal)),
    directory: createDirectorySource({
      url: directoryUrl,
      now: time.now,
      maxAge: options.directoryMaxAge ?? 86_400,
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      fetch: async (signal) => {
        const get = (): Promise<TransportResponse> =>
          send(session, { method: "GET", url: new URL(directoryUrl), signal });
        return jsonOf(await attempt(session, { signal }, get));
      },
    }),
    busy: undefined,
    clock: undefined,
  };
  return session;
}

/** The directory; from then on the hosts it names count as the CA's own. */
export async function ownDirectory(session: Session, signal: AbortSignal | undefined): Promise<Directory> {
  const directory = await session.directory.get(signal);
  for (const origin of directoryOrigins(directory)) session.origins.add(origin);
  return directory;
}

/** Runs `use` with a resource's URL; once more with a fresh one where the directory names a URL that is gone. */
export async function atResource<T>(
  session: Session,
  resource: DirectoryResource | "newNonce",
  signal: AbortSignal | undefined,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const url = resourceUrl(await ownDirectory(session, signal), resource);
  try {
    return await use(url);
  } catch (error) {
    if (!(error instanceof AcmeProblem) || (error.status !== 404 && error.status !== 410)) throw error;
    await session.directory.refetchIfStale(signal);
    const fresh = resourceUrl(await ownDirectory(session, signal), resource);
    if (fresh === url) throw error;
    return await use(fresh);
  }
}

function resourceUrl(directory: Directory, resource: DirectoryResource | "newNonce"): string {
  const url = directory[resource];
  if (url !== undefined) return url;
  throw new CertwrightError("ACME_NOT_SUPPORTED", `The CA at ${directory.url} offers no ${resource}`, {
    hint: "Use a CA that supports this operation.",
  });
}

async function fetchNonce(session: Session, signal: AbortSignal): Promise<string | undefined> {
  return atResource(session, "newNonce", signal, async (url) => {
    // Tried once: whoever needs the nonce tries the whole step again.
    const outcome = await tryOnce(session, () => session.transport.send({ method: "HEAD", url: new URL(url), signal }));
    if ("response" in outcome) return nonceOf(outcome.response);
    throw outcome.error;
  });
}

function nonceOf(response: TransportResponse): string | undefined {
  const field = response.headers["replay-nonce"];
  return typeof field === "string" ? field : undefined;
}

/** Sends one request and keeps the nonce that comes back. */
export async function send(session: Session, request: TransportRequest): Promise<TransportResponse> {
  const response = await session.transport.send(request);
  session.nonces.put(nonceOf(response));
  // A plain GET may be answered from a cache, with the time of its first answer.
  if (request.method !== "GET") session.clock = readClock(response, session.time.now());
  return response;
}

/** Milliseconds an answer tells the time: a clock that was set since then shows as one that jumped. */
const clockAge = 60_000;

/** Asks for a nonce where no answer told the CA's time lately; it is kept for the next request. */
export async function readClockAhead(session: Session, signal: AbortSignal | undefined): Promise<number | undefined> {
  const age = session.clock === undefined ? -1 : session.time.now() - session.clock.seen;
  if (age >= 0 && age < clockAge) return session.clock?.ahead;
  session.clock = undefined;
  const look = (url: string) => send(session, { method: "HEAD", url: new URL(url), signal });
  await atResource(session, "newNonce", signal, look).catch((error: unknown) => {
    signal?.throwIfAborted();
    // Most often this is what a wrong clock comes to; any other failure is for the request that follows.
    if (isCertwrightError(error) && error.code === "ACME_TLS_UNTRUSTED") throw error;
  });
  return lastClock(session);
}

/** Read anew: the answer that was waited for may have set it. */
function lastClock(session: Session): number | undefined {
  return session.clock?.ahead;
}

function readClock({ headers }: TransportResponse, now: number): Session["clock"] {
  const time = Date.parse(headers.date ?? "");
  return { ahead: Number.isNaN(time) ? undefined : time - now, seen: now };
}

interface AttemptOptions {
  readonly repeatable?: boolean | undefined;
  readonly attempts?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tries until success, a final error, or the end of patience; then throws the last error. */
export async function attempt(
  session: Session,
  { repeatable = true, attempts = session.policy.attempts, signal }: AttemptOptions,
  once: () => Promise<TransportResponse>,
): Promise<TransportResponse> {
  const state = { failures: 0, badNonces: 0, waited: 0 };
  for (;;) {
    state.waited += await waitWhileBusy(session, state.waited, signal);
    const outcome = await tryOnce(session, once);
    if ("response" in outcome) return outcome.response;
    signal?.throwIfAborted();
    const { error } = outcome;
    const seconds = pauseBeforeRetry(error, state, { ...session.policy, attempts }, session.time.random(), repeatable);
    if (seconds === undefined) throw error;
    if (isProblem(error, "badNonce")) state.badNonces++;
    else state.failures++;
    state.waited += seconds;
    await pause(session, error instanceof Error ? error.message : "the CA failed", seconds, signal);
  }
}

/** Seconds. */
const longestBusy = 3_600;

async function tryOnce(
  session: Session,
  once: () => Promise<TransportResponse>,
): Promise<{ response: TransportResponse } | { error: unknown }> {
  try {
    const response = await once();
    const error = failureOf(response, session.time.now());
    if (error === undefined) return { response };
    // 503 with a date speaks for the whole CA, so every caller keeps it; 429 is about one kind of request. Plain GETs
    // (renewal info) are often served from elsewhere. After an hour the CA is worth another question, whatever it said.
    if (error.status === 503 && error.retryAfter && response.method !== "GET") {
      session.busy = { until: session.time.now() + Math.min(error.retryAfter, longestBusy) * 1000, because: error };
    }
    return { error };
  } catch (error) {
    return { error };
  }
}

async function waitWhileBusy(session: Session, waited: number, signal: AbortSignal | undefined): Promise<number> {
  const { busy } = session;
  const seconds = busy === undefined ? 0 : (busy.until - session.time.now()) / 1000;
  // What lies further ahead was noted by a clock that has been set back since.
  if (busy === undefined || seconds <= 0 || seconds > longestBusy) return 0;
  if (waited + seconds > session.policy.waitSeconds) throw busy.because;
  await pause(session, busy.because.message, seconds, signal);
  return seconds;
}

/** Waits, and says so where it takes a second or more. */
export async function pause(
  session: Session,
  reason: string,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (seconds <= 0) return signal?.throwIfAborted();
  if (seconds >= 1) session.onWait({ reason, seconds });
  await session.time.sleep(seconds * 1000, signal ?? neverAborted);
}
