import type { Exchange } from "../exchange.ts";
import type { DnsAnswer } from "../message.ts";
import type { TxtSighting, WatchTxtOptions } from "../propagation.ts";
import type { PlainServer } from "../server.ts";
import { virtualClock } from "./virtual-clock.ts";

/** The name every watch here is about. */
export const name = "_acme-challenge.example.test";
/** A server of the script. */
export const host = (index: number): PlainServer => ({ host: `192.0.2.${index}`, port: 53 });
/** The answer of an authoritative server that holds these values at the name. */
export const answerOf = (values: readonly string[], more: Partial<DnsAnswer> = {}): DnsAnswer => ({
  rcode: values.length === 0 ? "NXDOMAIN" : "NOERROR",
  authoritative: true,
  truncated: false,
  authenticData: false,
  answers: values.map((value) => ({ type: "TXT", name, ttl: 1, value })),
  authorities: [],
  additionals: [],
  extendedErrors: [],
  ...more,
});

/** A watch in virtual time over servers that show values from given moments on: `{ host: { value: ms } }`. */
export function scripted(
  script: Readonly<Record<string, Readonly<Record<string, number>>>>,
  options: Partial<WatchTxtOptions> = {},
) {
  const clock = virtualClock();
  const asked: { at: number; host: string; recursive: boolean | undefined }[] = [];
  const sightings: TxtSighting[] = [];
  const exchange: Exchange = async (_question, server, { recursive } = {}) => {
    const { host: from } = server as PlainServer;
    asked.push({ at: clock.now(), host: from, recursive });
    const shown = Object.entries(script[from] ?? {}).filter(([, since]) => since <= clock.now());
    return answerOf(shown.map(([value]) => value));
  };
  const settings = {
    clock,
    exchange,
    timeoutMs: 60_000,
    random: () => 0.5,
    onState: (s: TxtSighting) => sightings.push(s),
  };
  return { clock, asked, sightings, options: { ...settings, records: [], ...options } satisfies WatchTxtOptions };
}
