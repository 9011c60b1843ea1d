import { normalizeName } from "./name.ts";
import { uint, wireName } from "./wire.ts";

/** A TXT value to make present; it is added beside others. */
export interface TxtAddition {
  readonly name: string;
  readonly type: "TXT";
  /** In seconds. */
  readonly ttl: number;
  readonly value: string;
}

/** A TXT value to take away; others stay, and it is fine if it is not there. */
export interface TxtRemoval {
  readonly name: string;
  readonly type: "TXT";
  readonly value: string;
}

/** Changes to one zone, carried out all together or not at all, removals first. */
export interface Update {
  readonly zone: string;
  readonly add?: readonly TxtAddition[];
  readonly remove?: readonly TxtRemoval[];
  /** Names whose TXT records are all to be taken away. */
  readonly clear?: readonly { readonly name: string; readonly type: "TXT" }[];
}

const opcodeUpdate = 5;
const typeSoa = 6;
const typeTxt = 16;
const classIn = 1;
const classNone = 254;
const classAny = 255;
const longestString = 255;

/**
 * An update in wire format (RFC 2136 section 2), unsigned and without prerequisites.
 * @throws DNS_BAD_NAME
 */
export function encodeUpdate({ zone, add = [], remove = [], clear = [] }: Update, id: number): Buffer {
  const changes = [
    ...clear.map(({ name }) => record(name, classAny, 0, Buffer.alloc(0))),
    ...remove.map(({ name, value }) => record(name, classNone, 0, txtData(value))),
    ...add.map(({ name, ttl, value }) => record(name, classIn, ttl, txtData(value))),
  ];
  return Buffer.concat([
    uint(id, 2),
    uint(opcodeUpdate << 11, 2),
    uint(1, 2),
    uint(0, 2),
    uint(changes.length, 2),
    uint(0, 2),
    wireName(normalizeName(zone)),
    uint(typeSoa, 2),
    uint(classIn, 2),
    ...changes,
  ]);
}

function record(name: string, recordClass: number, ttl: number, data: Buffer): Buffer {
  const head = [wireName(normalizeName(name)), uint(typeTxt, 2), uint(recordClass, 2), uint(ttl, 4)];
  return Buffer.concat([...head, uint(data.length, 2), data]);
}

/** A value as the strings of one TXT record, none longer than 255 bytes (RFC 1035 section 3.3.14). */
function txtData(value: string): Buffer {
  const bytes = Buffer.from(value);
  const parts: Buffer[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += longestString) {
    const part = bytes.subarray(start, start + longestString);
    parts.push(uint(part.length, 1), part);
  }
  return Buffer.concat(parts);
}
