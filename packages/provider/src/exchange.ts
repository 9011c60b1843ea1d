import { ProviderError } from "./errors.ts";

/** Largest answer of an API, in bytes. */
export const largestAnswer = 8 * 1024 * 1024;

/** One whole answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The limits of one request. */
export interface ExchangeLimits {
  readonly fetch: typeof globalThis.fetch;
  /** Aborting it ends the exchange with the signal's own reason. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * One request, one answer read to its end, within a time and a size. Redirects are answered, never followed.
 *
 * @throws ProviderError `PROVIDER_UNAVAILABLE`, `PROVIDER_TIMEOUT`, `PROVIDER_BAD_ANSWER` (cut short, too large);
 * `uncertain` where the request may have arrived. The signal's reason when it aborts.
 */
export async function exchange(
  url: URL,
  init: RequestInit,
  { fetch, signal, timeoutMs }: ExchangeLimits,
): Promise<RawAnswer> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    ending.abort();
  }, timeoutMs);
  let response: Response | undefined;
  try {
    response = await fetch(url, { ...init, redirect: "manual", signal: ending.signal });
    return { status: response.status, headers: response.headers, bytes: await readBody(response) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ProviderError) throw error;
    if (late) throw timedOut(url, timeoutMs);
    throw response === undefined ? unreachable(url, error) : cutShort(url, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    ending.abort();
  }
}

async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > largestAnswer)
      throw new ProviderError("PROVIDER_BAD_ANSWER", "the answer is larger than 8 MiB", {
        status: response.status,
        uncertain: true,
      });
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}

function timedOut(url: URL, timeoutMs: number): ProviderError {
  return new ProviderError("PROVIDER_TIMEOUT", `${url.host} did not answer within ${Math.ceil(timeoutMs / 1000)} s`, {
    hint: "Try again later; if it stays so, check the way to that host (proxy, firewall).",
    uncertain: true,
  });
}

function cutShort(url: URL, cause: unknown): ProviderError {
  return new ProviderError("PROVIDER_BAD_ANSWER", `${url.host} cut its answer short`, {
    hint: "Try again later; if it stays so, something between here and the API breaks connections.",
    uncertain: true,
    retryable: true,
    cause,
  });
}

/** Failures before a byte of the request left this machine. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function unreachable(url: URL, error: unknown): ProviderError {
  const code = codeOf(error);
  if (/CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_/.test(code))
    return new ProviderError("PROVIDER_UNAVAILABLE", `the certificate of ${url.host} is not trusted (${code})`, {
      hint: "For a server with a certificate authority of your own, name its root in NODE_EXTRA_CA_CERTS.",
      retryable: false,
      cause: error,
    });
  return new ProviderError("PROVIDER_UNAVAILABLE", `${url.host} cannot be reached${code === "" ? "" : ` (${code})`}`, {
    hint:
      code === "ENOTFOUND"
        ? "That host name does not exist; check the endpoint."
        : "Check the network, then try again.",
    uncertain: !neverSent.has(code),
    cause: error,
  });
}

/** The system's code behind a failed fetch, which hides it in causes and aggregates. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return "";
  const own = "code" in error && typeof error.code === "string" ? error.code : "";
  return (
    own || codeOf(error.cause, depth + 1) || (error instanceof AggregateError ? codeOf(error.errors[0], depth + 1) : "")
  );
}
