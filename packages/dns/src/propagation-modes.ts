import { type TxtWatch, type WatchTxtOptions, watchTxt } from "./propagation.ts";
import type { DnsServer } from "./server.ts";

/** How to make sure that a TXT value is visible. */
export type PropagationMode =
  /** Ask the servers of each record; where `resolvers` are given, ask those as well once the servers show it. */
  | {
      readonly type: "watch";
      readonly resolvers?: readonly DnsServer[] | undefined;
      /** The part of the resolvers that must show a value, above 0 and up to 1. Default: 1. */
      readonly resolverQuorum?: number | undefined;
    }
  /** Wait this many milliseconds, and ask nobody. */
  | { readonly type: "fixed"; readonly ms: number }
  /** Neither wait nor ask. */
  | { readonly type: "off" };

/**
 * Waits for TXT values in one of several ways; {@link watchTxt} is the one that looks.
 *
 * Resolvers are asked only about values all authoritative servers show: a resolver asked earlier would remember, for
 * as long as the zone's SOA says (often an hour), that there is nothing.
 */
export function waitForTxt(mode: PropagationMode, options: WatchTxtOptions): TxtWatch {
  const { records, clock, signal, timeoutMs } = options;
  if (mode.type === "off") return { visible: records.map(() => Promise.resolve()) };
  if (mode.type === "fixed") {
    const waited = clock.sleep(mode.ms, signal);
    waited.catch(() => {});
    return { visible: records.map(() => waited) };
  }
  const { resolvers = [], resolverQuorum: quorum } = mode;
  const watch = watchTxt(options);
  if (resolvers.length === 0) return watch;
  const deadline = clock.now() + timeoutMs;
  const visible = records.map(async (record, index) => {
    await watch.visible[index];
    const left = Math.max(0, deadline - clock.now());
    const again = { ...options, records: [{ ...record, servers: resolvers }], recursive: true, firstMs: 0 };
    await watchTxt({ ...again, timeoutMs: left, quorum }).visible[0];
  });
  for (const promise of visible) promise.catch(() => {});
  return { visible };
}
