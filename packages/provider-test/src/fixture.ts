import { createHash } from "node:crypto";
import type { FakeDns } from "./fake-dns.ts";

/** A record of somebody else. */
export interface ForeignRecord {
  /** Relative to the zone, `@` for its own name. */
  readonly name: string;
  readonly type: string;
  /** For TXT the text itself; for others as in a zone file. */
  readonly value: string;
}

/**
 * What the zone holds before the first case, and must hold after the last. A zone on a live server must be set up
 * with exactly these (besides SOA and NS).
 */
export const foreignRecords: readonly ForeignRecord[] = [
  { name: "@", type: "TXT", value: "v=spf1 -all" },
  { name: "www", type: "A", value: "192.0.2.1" },
  { name: "mixed", type: "A", value: "192.0.2.2" },
  { name: "mixed", type: "AAAA", value: "2001:db8::2" },
  { name: "mixed", type: "MX", value: "10 www.example.com." },
  { name: "_acme-challenge.busy", type: "TXT", value: "foreign value one" },
  { name: "_acme-challenge.busy", type: "TXT", value: "foreign-value-two" },
];

/** The zones of the fake account, in this order: a neighbour, the main zone, a zone inside it, one with an IDN. */
export const zoneNames = {
  neighbour: "neighbour.example",
  main: "example.com",
  inner: "a.example.com",
  idn: "xn--bcher-kva.example",
} as const;

/** Fills an empty fake with the zones and records above. */
export function fillFixture(dns: FakeDns) {
  for (const name of Object.values(zoneNames)) dns.addZone(name);
  for (const { name, type, value } of foreignRecords) {
    for (const zone of [zoneNames.main, zoneNames.inner]) dns.zone(zone).add({ name, type, value });
  }
  // The same name in another zone, so that a search over all zones finds the wrong one.
  dns.zone(zoneNames.neighbour).add({ name: "_acme-challenge.www", value: "the neighbour's" });
}

/** A value as dns-01 makes it: 43 characters of base64url (RFC 8555 section 8.4), the same for the same label. */
export function challengeValue(label: string): string {
  return createHash("sha256").update(label).digest("base64url");
}
