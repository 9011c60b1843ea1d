import { resolve } from "node:path";
import type { ChallengeSpec } from "@certwright/core";
import type { wayFlags } from "./declarations/way-flags.ts";
import { usageError } from "./errors.ts";
import type { FlagValues } from "./flags.ts";
import { readListenAddress } from "./parts/listen-address.ts";

type WayFlags = FlagValues<typeof wayFlags>;

/**
 * Checks `--http [where]` and keeps it as it was written; undefined for `off`, which the environment may say.
 *
 * @throws CertwrightError `CLI_USAGE`
 */
export function readHttpWhere(text: string): string | undefined {
  if (/^(?:1|true|yes|on|standalone)$/i.test(text)) return "standalone";
  if (/^(?:0|false|no|off)$/i.test(text)) return undefined;
  if (text === "stateless") return text;
  const nodes = /^haproxy:(.+)$/.exec(text)?.[1];
  if (nodes === undefined) readListenAddress(text);
  else if (nodes.split(",").some((node) => node.trim() === "")) {
    throw usageError(
      `--http ${text} has an empty address`,
      "Write haproxy:/run/haproxy/admin.sock, several separated by commas.",
    );
  }
  return text;
}

/**
 * Ways to prove names in the order their flags were given; those from the environment come after, quick ones first.
 *
 * @param dns the ways by `--dns` and `--dns-account`
 * @param given flags in the order of the command line, by key
 * @throws CertwrightError `CLI_USAGE`
 */
export function orderedWays(
  flags: WayFlags,
  dns: readonly ChallengeSpec[],
  given: readonly string[],
  cwd: string,
): readonly ChallengeSpec[] {
  const ways: readonly (readonly [keys: readonly string[], specs: readonly ChallengeSpec[]])[] = [
    [["http", "httpListen", "webroot"], httpSpecs(flags, cwd)],
    [["tlsAlpn", "tlsAlpnListen"], tlsAlpnSpecs(flags)],
    [["dnsPersist"], flags.dnsPersist ? [{ type: "dns-persist-01" }] : []],
    [["dns"], dns.filter(({ type }) => type === "dns-01")],
    [["dnsAccount"], dns.filter(({ type }) => type === "dns-account-01")],
  ];
  const place = ([keys]: (typeof ways)[number]): number => {
    const first = given.findIndex((key) => keys.includes(key));
    return first === -1 ? Number.POSITIVE_INFINITY : first;
  };
  const order = (a: number, b: number): number => (a === b ? 0 : a - b);
  return ways.toSorted((a, b) => order(place(a), place(b))).flatMap(([, specs]) => specs);
}

function httpSpecs({ http, httpListen, httpMap, webroot, selfCheck }: WayFlags, cwd: string): readonly ChallengeSpec[] {
  const where = http === "standalone" && (httpListen ?? webroot) !== undefined ? undefined : http;
  const places = [where, httpListen, webroot].filter((place) => place !== undefined);
  if (places.length > 1) {
    throw usageError(
      `http-01 is to be answered in ${places.length} places`,
      "Give one of --http, --http-listen and --webroot.",
    );
  }
  const nodes = where?.startsWith("haproxy:") ? where.slice("haproxy:".length).split(",") : undefined;
  if (httpMap !== undefined && nodes === undefined) {
    throw usageError("--http-map without --http haproxy:SOCKET", "Name the HAProxy nodes whose map it is.");
  }
  if (places.length === 0) return [];
  const listen =
    httpListen ?? (where === undefined || where === "standalone" || where === "stateless" || nodes ? undefined : where);
  return [
    {
      type: "http-01",
      ...(listen === undefined ? {} : { listen }),
      ...(webroot === undefined ? {} : { webroot: resolve(cwd, webroot) }),
      ...(nodes === undefined ? {} : { haproxy: nodes.map((node) => node.trim()) }),
      ...(httpMap === undefined ? {} : { map: httpMap }),
      ...(where === "stateless" ? { stateless: true } : {}),
      ...(selfCheck ? {} : { selfCheck: false }),
    },
  ];
}

function tlsAlpnSpecs({ tlsAlpn, tlsAlpnListen }: WayFlags): readonly ChallengeSpec[] {
  if (!tlsAlpn && tlsAlpnListen === undefined) return [];
  return [{ type: "tls-alpn-01", ...(tlsAlpnListen === undefined ? {} : { listen: tlsAlpnListen }) }];
}
