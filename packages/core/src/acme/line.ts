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
export interface LineOptions extends Omit<TransportOptions, "clock"> {
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
export interface Line {
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

/** Opens the line to one CA. Nothing is sent until it is used. */
export function openLine(options: LineOptions): Line {
  const directoryUrl = parseUrl(options.directoryUrl, "CA's directory URL").href;
  const time = options.time ?? systemTime;
  const line: Line = {
    directoryUrl,
    time,
    onWait: options.onWait ?? ((): void => {}),
    policy: { ...defaultRetryPolicy, ...options.retry },
    transport: createTransport({ ...options, clock: () => performance.now() }),
    origins: new Set([
      new URL(directoryUrl).origin,
      ...(options.extraHosts ?? []).map((host) => new URL(`https://${host}`).origin),
    ]),
    nonces: new NoncePool((signal) => fetchNonce(line, signal)),
    directory: createDirectorySource({
      url: directoryUrl,
      now: time.now,
      maxAge: options.directoryMaxAge ?? 86_400,
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      fetch: async (signal) => {
        const get = (): Promise<TransportResponse> => send(line, { method: "GET", url: new URL(directoryUrl), signal });
        return jsonOf(await attempt(line, { signal }, get));
      },
    }),
    busy: undefined,
    clock: undefined,
  };
  return line;
}

/** The directory; from then on the hosts it names count as the CA's own. */
export async function ownDirectory(line: Line, signal: AbortSignal | undefined): Promise<Directory> {
  const directory = await line.directory.get(signal);
  for (const origin of directoryOrigins(directory)) line.origins.add(origin);
  return directory;
}

/** Runs `use` with a resource's URL; once more with a fresh one where a kept directory names a URL that is gone. */
export async function atResource<T>(
  line: Line,
  resource: DirectoryResource | "newNonce",
  signal: AbortSignal | undefined,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const url = resourceUrl(await ownDirectory(line, signal), resource);
  try {
    return await use(url);
  } catch (error) {
    if (!(error instanceof AcmeProblem) || (error.status !== 404 && error.status !== 410)) throw error;
    await line.directory.refetchIfCached(signal);
    const fresh = resourceUrl(await ownDirectory(line, signal), resource);
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

async function fetchNonce(line: Line, signal: AbortSignal): Promise<string | undefined> {
  return atResource(line, "newNonce", signal, async (url) => {
    // Tried once: whoever needs the nonce tries the whole step again.
    const outcome = await tryOnce(line, () => line.transport.send({ method: "HEAD", url: new URL(url), signal }));
    if ("response" in outcome) return nonceOf(outcome.response);
    throw outcome.error;
  });
}

function nonceOf(response: TransportResponse): string | undefined {
  const field = response.headers["replay-nonce"];
  return typeof field === "string" ? field : undefined;
}

/** Sends one request and keeps the nonce that comes back. */
export async function send(line: Line, request: TransportRequest): Promise<TransportResponse> {
  const response = await line.transport.send(request);
  line.nonces.put(nonceOf(response));
  // A plain GET may be answered from a cache, with the time of its first answer.
  if (request.method !== "GET") line.clock = readClock(response, line.time.now());
  return response;
}

/** Milliseconds an answer tells the time: a clock that was set since then shows as one that jumped. */
const clockAge = 60_000;

/** Asks for a nonce where no answer told the CA's time lately; it is kept for the next request. */
export async function readClockAhead(line: Line, signal: AbortSignal | undefined): Promise<number | undefined> {
  const age = line.clock === undefined ? -1 : line.time.now() - line.clock.seen;
  if (age >= 0 && age < clockAge) return line.clock?.ahead;
  line.clock = undefined;
  const look = (url: string) => send(line, { method: "HEAD", url: new URL(url), signal });
  await atResource(line, "newNonce", signal, look).catch((error: unknown) => {
    signal?.throwIfAborted();
    // Most often this is what a wrong clock comes to; any other failure is for the request that follows.
    if (isCertwrightError(error) && error.code === "ACME_TLS_UNTRUSTED") throw error;
  });
  return lastClock(line);
}

/** Read anew: the answer that was waited for may have set it. */
function lastClock(line: Line): number | undefined {
  return line.clock?.ahead;
}

function readClock({ headers }: TransportResponse, now: number): Line["clock"] {
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
  line: Line,
  { repeatable = true, attempts = line.policy.attempts, signal }: AttemptOptions,
  once: () => Promise<TransportResponse>,
): Promise<TransportResponse> {
  const state = { failures: 0, badNonces: 0, waited: 0 };
  for (;;) {
    state.waited += await waitWhileBusy(line, state.waited, signal);
    const outcome = await tryOnce(line, once);
    if ("response" in outcome) return outcome.response;
    signal?.throwIfAborted();
    const { error } = outcome;
    const seconds = pauseBeforeRetry(error, state, { ...line.policy, attempts }, line.time.random(), repeatable);
    if (seconds === undefined) throw error;
    if (isProblem(error, "badNonce")) state.badNonces++;
    else state.failures++;
    state.waited += seconds;
    await pause(line, error instanceof Error ? error.message : "the CA failed", seconds, signal);
  }
}

async function tryOnce(
  line: Line,
  once: () => Promise<TransportResponse>,
): Promise<{ response: TransportResponse } | { error: unknown }> {
  try {
    const response = await once();
    const error = failureOf(response, line.time.now());
    if (error === undefined) return { response };
    // 503 with a date speaks for the whole CA, so every caller keeps it; 429 is about one kind of request. Plain GETs
    // (renewal info) are often served from elsewhere. After an hour the CA is worth another question, whatever it said.
    if (error.status === 503 && error.retryAfter && response.method !== "GET") {
      line.busy = { until: line.time.now() + Math.min(error.retryAfter, 3600) * 1000, because: error };
    }
    return { error };
  } catch (error) {
    return { error };
  }
}

async function waitWhileBusy(line: Line, waited: number, signal: AbortSignal | undefined): Promise<number> {
  const { busy } = line;
  const seconds = busy === undefined ? 0 : (busy.until - line.time.now()) / 1000;
  if (busy === undefined || seconds <= 0) return 0;
  if (waited + seconds > line.policy.waitSeconds) throw busy.because;
  await pause(line, busy.because.message, seconds, signal);
  return seconds;
}

/** Waits, and says so where it takes a second or more. */
export async function pause(
  line: Line,
  reason: string,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (seconds <= 0) return signal?.throwIfAborted();
  if (seconds >= 1) line.onWait({ reason, seconds });
  await line.time.sleep(seconds * 1000, signal ?? neverAborted);
}
