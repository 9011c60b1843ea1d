import { isCertwrightError } from "@certwright/provider";
import { anySignal } from "./abort.ts";
import { DnsServersError, messageOf, type ServerFailure } from "./errors.ts";
import type { Exchange, ExchangeOptions } from "./exchange.ts";
import { type DnsAnswer, describeRcode, type Question } from "./message.ts";
import { type DnsServer, formatServer } from "./server.ts";

/** How several servers are asked. */
export interface AskOptions extends ExchangeOptions {
  /** Milliseconds a server has before the next one is asked beside it. Default: 500. */
  readonly staggerMs?: number | undefined;
}

/**
 * Asks the servers in their order until one gives a usable answer (NOERROR or NXDOMAIN that is not a mere referral).
 * One that fails hands over to the next at once; one that is silent gets company after `staggerMs`, and may still win.
 * @throws DNS_LOOKUP_FAILED ({@link DnsServersError}) naming each server and its reason, or the reason of the signal.
 */
export function askServers(
  question: Question,
  servers: readonly DnsServer[],
  exchange: Exchange,
  { staggerMs = 500, ...options }: AskOptions,
): Promise<DnsAnswer> {
  const { signal } = options;
  const over = new AbortController();
  const failures: ServerFailure[] = [];
  let started = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;

  const asked = new Promise<DnsAnswer>((resolve, reject) => {
    const next = (): void => {
      clearTimeout(timer);
      const index = started;
      const server = servers[index];
      if (server === undefined) return;
      started += 1;
      exchange(question, server, { ...options, signal: anySignal(signal, over.signal) })
        .then((answer) => {
          const fault = faultOf(answer);
          if (fault === undefined) resolve(answer);
          else fail(index, { server: formatServer(server), ...fault });
        })
        .catch((error: unknown) => {
          if (signal?.aborted) reject(signal.reason);
          else if (!isCertwrightError(error)) reject(error);
          else fail(index, { server: formatServer(server), reason: messageOf(error), code: error.code });
        });
      if (started < servers.length) timer = setTimeout(next, staggerMs);
    };
    const fail = (index: number, failure: ServerFailure): void => {
      failures[index] = failure;
      failed += 1;
      if (failed === servers.length) reject(lookupError(question, failures));
      else next();
    };
    if (servers.length === 0) reject(lookupError(question, []));
    next();
  });
  return asked.finally(() => {
    clearTimeout(timer);
    over.abort();
  });
}

/** Why an answer is of no use to somebody who wants to know what the DNS holds; undefined where it is. */
function faultOf(answer: DnsAnswer): Pick<ServerFailure, "reason" | "code"> | undefined {
  if (answer.rcode === "NXDOMAIN") return undefined;
  if (answer.rcode !== "NOERROR") return { reason: describeRcode(answer), code: answer.rcode };
  const nothing = answer.answers.length === 0;
  const refers = answer.authorities.some(({ type }) => type === "NS");
  const denies = answer.authorities.some(({ type }) => type === "SOA");
  if (nothing && refers && !denies && !answer.authoritative) {
    return { reason: "it only refers to other servers, it does not look up for us", code: "REFERRAL" };
  }
  return undefined;
}

function lookupError({ name, type }: Question, failures: readonly ServerFailure[]): DnsServersError {
  const reasons = failures.map(({ server, reason }) => (reason.includes(server) ? reason : `${server}: ${reason}`));
  const message = failures.length === 0 ? "there is no resolver to ask" : reasons.join("; ");
  return new DnsServersError("DNS_LOOKUP_FAILED", `the look-up of ${type} ${name} failed: ${message}`, failures, {
    hint: "Check the DNS servers named here, or choose other resolvers.",
    retryable: true,
  });
}
