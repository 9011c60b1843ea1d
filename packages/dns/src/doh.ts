import { dnsError, messageOf } from "./errors.ts";
import { type DnsAnswer, decodeAnswer, encodeQuery, type Question } from "./message.ts";
import type { HttpsServer } from "./server.ts";
import { badAnswer, longestMessage, malformed } from "./wire.ts";

/** The part of the options of `exchange` that also means something over HTTPS. */
export interface HttpsExchangeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all tries over UDP together, once more for TCP where that is needed, or for HTTPS. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** Ask the server to look elsewhere on our behalf (RD). Default: true. */
  readonly recursive?: boolean | undefined;
  /** Have answers that fail DNSSEC validation delivered all the same (CD). Default: false. */
  readonly checkingDisabled?: boolean | undefined;
  /** Carries DNS over HTTPS, for servers that are `https://` URLs. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

const mediaType = "application/dns-message";

/**
 * Asks one question by DNS over HTTPS (RFC 8484, POST).
 *
 * The id is 0, as section 4.1 advises; TLS does what a random id does over UDP. Redirects are not followed.
 * @throws DNS_TIMEOUT, DNS_UNREACHABLE, DNS_BAD_ANSWER, or the reason of the signal.
 */
export async function exchangeOverHttps(
  question: Question,
  server: HttpsServer,
  {
    fetch = globalThis.fetch,
    signal,
    timeoutMs = 5000,
    recursive = true,
    checkingDisabled = false,
  }: HttpsExchangeOptions,
): Promise<DnsAnswer> {
  signal?.throwIfAborted();
  const query = encodeQuery(question, { id: 0, recursive, checkingDisabled });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { accept: mediaType, "content-type": mediaType },
      body: new Uint8Array(query),
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return decodeAnswer(await bodyOf(response), query);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw failed("DNS_TIMEOUT", `did not answer within ${timeoutMs} ms`, server, error);
    if (error instanceof TypeError)
      throw failed("DNS_UNREACHABLE", `cannot be reached: ${reasonOf(error)}`, server, error);
    throw badAnswer(`${server.url}: ${messageOf(error)}`, error);
  }
}

async function bodyOf(response: Response): Promise<Buffer> {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (response.status !== 200 || type !== mediaType || response.body === null) {
    await response.body?.cancel();
    throw malformed(`HTTP status ${response.status} with content type ${JSON.stringify(type ?? "none")}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > longestMessage) throw malformed(`it is longer than ${longestMessage} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `fetch` says only "fetch failed"; what failed is its cause. */
function reasonOf(error: TypeError): string {
  return messageOf(error.cause ?? error);
}

function failed(code: "DNS_TIMEOUT" | "DNS_UNREACHABLE", reason: string, server: HttpsServer, cause: unknown): Error {
  return dnsError(code, `${server.url} ${reason}`, {
    hint: "Check the URL of the DNS over HTTPS server and that this machine may reach it.",
    cause,
    retryable: true,
  });
}
