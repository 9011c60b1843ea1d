import { randomBytes } from "node:crypto";

/** A zone to serve: its name, or its name with more records in zone file form (`"www 60 IN A 192.0.2.1"`). */
export type ZoneOption = string | { readonly name: string; readonly records?: readonly string[] };

/** A key of RFC 8945 that signs updates. */
export interface TsigKey {
  /** Without trailing dot. */
  readonly name: string;
  readonly algorithm: "hmac-sha1" | "hmac-sha224" | "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  /** Base64. */
  readonly secret: string;
}

/** A new random key. */
export function makeTsigKey(): TsigKey {
  return { name: "certwright-test", algorithm: "hmac-sha256", secret: randomBytes(32).toString("base64") };
}

export function zoneName(zone: ZoneOption): string {
  return (typeof zone === "string" ? zone : zone.name).replace(/\.$/, "");
}

/** Zone file text: the zone's only nameserver is the server itself, on 127.0.0.1 (and ::1). Negative answers last 1 s. */
export function zoneFile(zone: ZoneOption, ipv6: boolean): string {
  const records = typeof zone === "string" ? [] : (zone.records ?? []);
  const lines = [
    `$ORIGIN ${zoneName(zone)}.`,
    "$TTL 60",
    "@ IN SOA ns hostmaster 1 3600 600 86400 1",
    "@ IN NS ns",
    "ns IN A 127.0.0.1",
    ...(ipv6 ? ["ns IN AAAA ::1"] : []),
    ...records,
  ];
  return `${lines.join("\n")}\n`;
}
