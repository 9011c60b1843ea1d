import { hash } from "node:crypto";
import { canonicalName } from "../runtime/names.ts";

/*
 * The few facts of a certificate that decide a push, read straight from its DER (RFC 5280 section 4.1). OpenSSL's
 * reading, behind X509Certificate, costs as much as HAProxy's whole work on the certificate and keeps its memory until
 * a rare collection; with ten thousand certificates that is what counts. Whether OpenSSL likes the certificate, too,
 * is found out when its key is checked, and by HAProxy.
 */

/** Which of the `.rsa`, `.ecdsa` and `.dsa` slots of a multi-certificate bundle a key belongs to. */
export type KeyType = "rsa" | "ecdsa" | "dsa" | "other";

export interface LeafFacts {
  /** Upper-case hex without leading zeros. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Canonical DNS names and addresses of the subject alternative name, each once. */
  readonly names: readonly string[];
  readonly keyType: KeyType;
  /** Upper-case hex. */
  readonly sha1: string;
  /** Lower-case hex. */
  readonly fingerprint256: string;
}

interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

const sequence = 0x30;
const integer = 0x02;
const oid = 0x06;
const boolean = 0x01;
const octetString = 0x04;
const [utcTime, generalizedTime] = [0x17, 0x18];
const [version, extensions] = [0xa0, 0xa3];
const [dnsName, ipAddress] = [0x82, 0x87];
const constructed = 0x20;
// UTF8String to BMPString (X.680 section 8.4), and the e-mail address, DNS name and URI of an alternative name.
const texts = new Set([0x0c, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1a, 0x1b, 0x1c, 0x1e, 0x81, dnsName, 0x86]);

const subjectAltName = "551d11";
const keyTypes: Readonly<Record<string, KeyType>> = {
  "2a864886f70d010101": "rsa", // rsaEncryption
  "2a864886f70d01010a": "rsa", // RSASSA-PSS
  "2a8648ce3d0201": "ecdsa", // ecPublicKey
  "2a8648ce380401": "dsa",
};

/** @throws RangeError when it is not a certificate, or none that HAProxy can tell of */
export function readLeaf(der: Buffer): LeafFacts {
  const { serial, validity, keyInfo, rest } = readFields(der);
  const [notBefore, notAfter] = elements(expect(validity, sequence));
  const [algorithm] = elements(expect(keyInfo, sequence));
  const [keyOid] = elements(expect(algorithm, sequence));
  return {
    serial: expect(serial, integer)
      .toString("hex")
      .toUpperCase()
      .replace(/^0+(?=.)/, ""),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    names: [...new Set(readNames(rest.find(({ tag }) => tag === extensions)))],
    keyType: keyTypes[expect(keyOid, oid).toString("hex")] ?? "other",
    sha1: hash("sha1", der, "hex").toUpperCase(),
    fingerprint256: hash("sha256", der, "hex"),
  };
}

/**
 * The fields of a certificate. HAProxy tells names as they are: one with a line feed would end an answer in its middle, and
 * what follows would be taken for the answers to other questions.
 *
 * @throws RangeError when it is not a certificate, or an issuer or subject holds a line feed
 */
export function readFields(der: Buffer) {
  const [certificate, ...after] = elements(der);
  const [tbs] = elements(expect(certificate, sequence));
  const fields = elements(expect(tbs, sequence));
  if (after.length > 0) throw new RangeError("something follows the certificate");
  const [serial, , issuer, validity, subject, keyInfo, ...rest] = fields[0]?.tag === version ? fields.slice(1) : fields;
  if ([issuer, subject].some((name) => name && hasLineFeed(name))) throw new RangeError("a line feed in a name");
  return { serial, validity, keyInfo, rest };
}

/** In any text inside; other values may well have that byte. */
function hasLineFeed({ tag, body }: Element): boolean {
  if ((tag & constructed) !== 0) return elements(body).some(hasLineFeed);
  return texts.has(tag) && body.includes(0x0a);
}

function readNames(wrapped: Element | undefined): readonly string[] {
  if (!wrapped) return [];
  const [list] = elements(wrapped.body);
  for (const extension of elements(expect(list, sequence))) {
    const [id, ...rest] = elements(expect(extension, sequence));
    if (expect(id, oid).toString("hex") !== subjectAltName) continue;
    const value = rest[0]?.tag === boolean ? rest[1] : rest[0];
    const [names] = elements(expect(value, octetString));
    const found = elements(expect(names, sequence));
    if (found.some(hasLineFeed)) throw new RangeError("a line feed in a name");
    return found.flatMap(readName);
  }
  return [];
}

function readName({ tag, body }: Element): readonly string[] {
  if (tag === dnsName) {
    const name = body.toString("latin1");
    if (!/^[\x21-\x7e]+$/.test(name)) throw new RangeError("a DNS name with other than printable characters");
    return [canonicalName(name)];
  }
  if (tag === ipAddress && body.length === 4) return [body.join(".")];
  if (tag === ipAddress && body.length === 16) {
    return [canonicalName(body.toString("hex").replace(/(?<=^(?:.{4})+)(?=.)/g, ":"))];
  }
  return [];
}

// RFC 5280 section 4.1.2.5: always to the second and in UTC; two-digit years are those from 1950 to 2049.
function readTime(element: Element | undefined): Date {
  const text = element?.body.toString("latin1") ?? "";
  const digits = element?.tag === utcTime ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!parts || (element?.tag !== utcTime && element?.tag !== generalizedTime)) throw new RangeError("no time");
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(date.getTime())) throw new RangeError("no time");
  return date;
}

function expect(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new RangeError(`element ${element?.tag} where ${tag} should be`);
  return element.body;
}

/** The elements that fill a body (X.690 section 8.1), with lengths in their shortest form as DER wants them. */
function elements(body: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < body.length; ) {
    const tag = body[at] ?? 0;
    const first = body[at + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first - 0x80;
    if ((tag & 0x1f) === 0x1f || octets > 4 || first === 0x80) throw new RangeError("an element of no known form");
    const start = at + 2 + octets;
    if (start > body.length) throw new RangeError("an element without end");
    const length = octets === 0 ? first : body.readUIntBE(at + 2, octets);
    if (octets > 0 && length < (octets === 1 ? 0x80 : 256 ** (octets - 1))) throw new RangeError("a length too long");
    if (start + length > body.length) throw new RangeError("an element without end");
    found.push({ tag, body: body.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
