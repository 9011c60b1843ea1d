import { randomInt } from "node:crypto";
import { isCertwrightError } from "@certwright/provider";
import { exchangeOverHttps, type HttpsExchangeOptions } from "./doh.ts";
import { dnsError, messageOf } from "./errors.ts";
import { type DnsAnswer, decodeAnswer, encodeQuery, type Question } from "./message.ts";
import { type DnsServer, formatServer, isHttpsServer, type PlainServer } from "./server.ts";
import { overTcp, overUdp } from "./transport.ts";
import { malformed } from "./wire.ts";

/** How to ask. */
export interface ExchangeOptions extends HttpsExchangeOptions {
  /** `auto` (default): UDP, and TCP where the answer is truncated. */
  readonly transport?: "auto" | "udp" | "tcp" | undefined;
}

/** One question, one server, one answer. {@link exchange} is the real one; tests pass another. */
export type Exchange = (question: Question, server: DnsServer, options?: ExchangeOptions) => Promise<DnsAnswer>;

const defaultTimeoutMs = 5000;

/** The parts of the time a try over UDP may take: a lost datagram is noticed early, a slow server still heard. */
const udpShares = [0.2, 0.3, 0.5];

/**
 * Asks one server one question.
 *
 * Over UDP every try has a new random id and port, and what does not match the question is ignored. Any response
 * code is an answer: SERVFAIL and REFUSED do not throw here.
 * @throws DNS_TIMEOUT, DNS_UNREACHABLE, DNS_BAD_ANSWER, DNS_TRUNCATED_TCP_FAILED, or the reason of the signal.
 */
export async function exchange(
  question: Question,
  server: DnsServer,
  options: ExchangeOptions = {},
): Promise<DnsAnswer> {
  if (isHttpsServer(server)) return exchangeOverHttps(question, server, options);
  const answer = await ask(question, server, { ...options, edns: true });
  // A server from before EDNS says it cannot read the query (RFC 6891 section 7): ask again in its own words.
  return refusesEdns(answer) ? ask(question, server, { ...options, edns: false }) : answer;
}

interface InnerOptions extends ExchangeOptions {
  readonly edns: boolean;
}

async function ask(question: Question, server: PlainServer, options: InnerOptions): Promise<DnsAnswer> {
  const { transport = "auto", signal } = options;
  if (transport === "tcp") return askTcp(question, server, options);
  const answer = await askUdp(question, server, options);
  if (!answer.truncated || transport === "udp") return answer;
  try {
    return await askTcp(question, server, options);
  } catch (cause) {
    signal?.throwIfAborted();
    const message = `${formatServer(server)} has more to answer than fits into UDP, and TCP failed: ${messageOf(cause)}`;
    throw dnsError("DNS_TRUNCATED_TCP_FAILED", message, {
      hint: "Open TCP port 53 to the server; DNS needs it for long answers (RFC 7766).",
      cause,
      retryable: true,
    });
  }
}

async function askUdp(question: Question, server: PlainServer, options: InnerOptions): Promise<DnsAnswer> {
  const { timeoutMs = defaultTimeoutMs, signal } = options;
  let lost: unknown;
  for (const share of udpShares) {
    const query = queryFor(question, options);
    const limits = { signal, timeoutMs: Math.round(timeoutMs * share) };
    try {
      return await overUdp(query, server, (bytes) => decodeAnswer(bytes, query), limits);
    } catch (error) {
      signal?.throwIfAborted();
      if (isCertwrightError(error) && error.code === "DNS_UNREACHABLE") throw error;
      // That it answers what cannot be read says more than that it was slow since.
      if (!isCertwrightError(lost) || lost.code === "DNS_TIMEOUT") lost = error;
    }
  }
  throw lost;
}

async function askTcp(question: Question, server: PlainServer, options: InnerOptions): Promise<DnsAnswer> {
  const query = queryFor(question, options);
  const limits = { signal: options.signal, timeoutMs: options.timeoutMs ?? defaultTimeoutMs };
  const answer = await overTcp(query, server, (bytes) => decodeAnswer(bytes, query), limits);
  if (answer.truncated) throw malformed("it is marked as truncated although it came over TCP");
  return answer;
}

function queryFor(question: Question, { recursive = true, checkingDisabled = false, edns }: InnerOptions): Buffer {
  return encodeQuery(question, { id: randomInt(0x1_0000), recursive, checkingDisabled, edns });
}

function refusesEdns(answer: DnsAnswer): boolean {
  return answer.rcode === "FORMERR" || answer.rcode === "BADVERS" || answer.rcode === "NOTIMP";
}
