import { CertwrightError } from "@certwright/provider";
import type { AcmeClient, CallOptions } from "./client.ts";
import { getOrder, type Order } from "./order.ts";
import { orderError } from "./order-error.ts";

/** How to wait for an order. */
export interface PollOptions extends CallOptions {
  /** Seconds until giving up. Default: 300. The order stays at the CA and can be looked at again later. */
  readonly timeout?: number;
  /** Seconds before the first look. Default: 0.1. */
  readonly firstLook?: number;
}

/** Seconds. However long the CA asks for, an order is looked at this often. */
const longestPause = 60;

/**
 * Waits for an order by looking at it: one request for all of its names.
 *
 * `ready` waits until every authorization is valid; `valid` until the certificate is issued. The first look comes
 * early, since CAs are mostly done by then; after it the CA's Retry-After rules, or 0.5 s doubling to 10 s without one.
 *
 * @throws OrderError where the order becomes invalid, with the reason for each name; `ACME_TIMEOUT`.
 */
export async function waitForOrder(
  client: AcmeClient,
  order: Order,
  until: "ready" | "valid",
  options: PollOptions = {},
): Promise<Order> {
  const { signal, timeout = 300, firstLook = 0.1 } = options;
  const { time } = client;
  let waited = 0;
  let current = order;
  for (let looks = 0; ; looks++) {
    if (isReached(current, until)) return current;
    if (current.status === "invalid") throw await orderError(client, current, { signal });
    if (waited >= timeout) throw timedOut(current, until, timeout);
    const pause = looks === 0 ? firstLook : pauseFor(current.retryAfter, looks, time.random());
    const seconds = Math.min(pause, timeout - waited);
    await client.wait(`the CA's order is ${current.status}`, seconds, signal);
    waited += seconds;
    current = await getOrder(client, order.url, { signal });
  }
}

function isReached({ status, certificate }: Order, until: "ready" | "valid"): boolean {
  if (until === "valid") return status === "valid" && certificate !== undefined;
  return status === "ready" || status === "processing" || status === "valid";
}

function pauseFor(retryAfter: number | undefined, looks: number, random: number): number {
  const asked = retryAfter ?? Math.min(0.5 * 2 ** Math.min(looks - 1, 10), 10);
  return Math.min(Math.max(asked, 0.5), longestPause) * (1 + random / 4);
}

function timedOut(order: Order, until: "ready" | "valid", timeout: number): CertwrightError {
  const doing = until === "ready" ? "validating the names" : "issuing the certificate";
  return new CertwrightError(
    "ACME_TIMEOUT",
    `The CA is still ${doing} after ${timeout} s; the order ${order.url} is ${order.status}`,
    {
      retryable: true,
      hint: "Run again later: an order that is still open is taken up where it stands.",
      ...(order.retryAfter === undefined ? {} : { retryAfter: order.retryAfter }),
    },
  );
}
