import type { Answer } from "dns-packet";
import { malformed } from "./wire.ts";

/** The record types Certwright asks for. */
export type DnsType = "A" | "AAAA" | "CNAME" | "NS" | "SOA" | "TXT" | "CAA" | "DS" | "SRV";

/** What every record has: the owner in lower case without trailing dot (the root is `.`), and the TTL in seconds. */
interface Owned {
  readonly name: string;
  readonly ttl: number;
}

/** An address. */
export interface AddressRecord extends Owned {
  readonly type: "A" | "AAAA";
  readonly address: string;
}

/** A record that points at another name. */
export interface TargetRecord extends Owned {
  readonly type: "CNAME" | "NS";
  readonly target: string;
}

/** Start of authority (RFC 1035 section 3.3.13). */
export interface SoaRecord extends Owned {
  readonly type: "SOA";
  /** The name of the primary server. */
  readonly primary: string;
  readonly serial: number;
  /** Seconds a resolver may remember that something does not exist: the smaller of TTL and MINIMUM (RFC 2308). */
  readonly negativeTtl: number;
}

/** A TXT record: its strings joined. Bytes that are not UTF-8 are taken as Latin-1, one character each. */
export interface TxtRecord extends Owned {
  readonly type: "TXT";
  readonly value: string;
}

/** A certification authority authorization (RFC 8659 section 4). */
export interface CaaRecord extends Owned {
  readonly type: "CAA";
  readonly critical: boolean;
  /** In lower case. */
  readonly tag: string;
  readonly value: string;
}

/** A delegation signer: the zone below is signed. */
export interface DsRecord extends Owned {
  readonly type: "DS";
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  /** In hexadecimal. */
  readonly digest: string;
}

/** Where a service is (RFC 2782). */
export interface ServiceRecord extends Owned {
  readonly type: "SRV";
  /** The root, `.`, says that the service is not offered. */
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** A record of one of the types in {@link DnsType}. */
export type DnsRecord = AddressRecord | TargetRecord | SoaRecord | TxtRecord | CaaRecord | DsRecord | ServiceRecord;

/** The typed form of a decoded record; undefined for a type or class nobody here asks for. */
export function toRecord(answer: Answer): DnsRecord | undefined {
  if (answer.type === "OPT" || answer.class !== "IN") return undefined;
  const owned = { name: readName(answer.name), ttl: answer.ttl ?? 0 };
  switch (answer.type) {
    case "A":
    case "AAAA":
      return { ...owned, type: answer.type, address: answer.data };
    case "CNAME":
    case "NS":
      return { ...owned, type: answer.type, target: readName(answer.data) };
    case "SOA": {
      const { mname, serial = 0, minimum = 0 } = answer.data;
      const negativeTtl = Math.min(owned.ttl, minimum);
      return { ...owned, type: "SOA", primary: readName(mname), serial, negativeTtl };
    }
    case "TXT":
      return { ...owned, type: "TXT", value: readText(answer.data) };
    case "CAA": {
      const { flags = 0, tag, value } = answer.data;
      return { ...owned, type: "CAA", critical: (flags & 0x80) !== 0, tag: tag.toLowerCase(), value };
    }
    case "DS": {
      const { keyTag, algorithm, digestType, digest } = answer.data;
      return { ...owned, type: "DS", keyTag, algorithm, digestType, digest: digest.toString("hex") };
    }
    case "SRV": {
      const { target, port, priority = 0, weight = 0 } = answer.data;
      return { ...owned, type: "SRV", target: readName(target), port, priority, weight };
    }
    default:
      return undefined;
  }
}

/** Lower case; bytes no host name has are written `\ddd`, so that a hostile name prints harmlessly. */
function readName(text: string): string {
  const printable = text.replace(/[^\x21-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, "0")}`).join(""),
  );
  return printable.toLowerCase();
}

function readText(data: unknown): string {
  if (!Array.isArray(data) || !data.every(Buffer.isBuffer)) throw malformed("a TXT record holds no strings");
  const bytes = Buffer.concat(data);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
