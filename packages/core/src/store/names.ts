import { sha256 } from "./digest.ts";
import { StoreError } from "./store-error.ts";

/** What people may call a certificate, in at most {@link longestCertificateName} characters. */
export const certificateNameForm = /^[^\s/\\]+$/;
export const longestCertificateName = 253;

/** Longest file name {@link safeName} returns, in bytes; leaves room below the 255 most file systems allow. */
const longestSafeName = 128;
const longestName = 4096;
const plainName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
/** Device names Windows reserves, with any extension. */
const reservedStem = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;

/**
 * A file name for any text, such as a certificate's name: the text itself where it is a lower-case host name, else with
 * each other byte as `_` and two hex digits, a `*` as `_wildcard`, and long ones cut and ended by their SHA-256.
 *
 * Two different texts never share a file name, on file systems that ignore case neither; and the result is a file name
 * on every operating system: no separators, no `.` or `..`, no device names, at most 128 bytes.
 *
 * @throws StoreError `STORE_BAD_NAME` for empty text, for more than 4096 characters, and for lone surrogates
 */
export function safeName(text: string): string {
  if (plainName.test(text) && text.length <= longestSafeName && !reservedStem.test(text)) return text;
  if (text === "" || text.length > longestName || !text.isWellFormed()) {
    throw new StoreError("STORE_BAD_NAME", `${JSON.stringify(text.slice(0, 80))} cannot be a name in the state`, {
      hint: `Give a name of 1 to ${longestName} characters, for example the first domain name.`,
    });
  }
  const bytes = Buffer.from(text, "utf8");
  let name = "";
  bytes.forEach((byte, index) => {
    const edge = index === 0 || index === bytes.length - 1;
    const plain = isLetterOrDigit(byte) || (!edge && (byte === 0x2e || byte === 0x2d));
    if (plain) name += String.fromCharCode(byte);
    else if (byte === 0x2a) name += "_wildcard";
    else name += escaped(byte);
  });
  if (reservedStem.test(name)) name = escaped(name.charCodeAt(0)) + name.slice(1);
  if (name.length <= longestSafeName) return name;
  // "__" cannot come from an escape: an underscore is always followed by a letter or a hex digit.
  return `${name.slice(0, longestSafeName - 66)}__${sha256(bytes)}`;
}

function isLetterOrDigit(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

function escaped(byte: number): string {
  return `_${byte.toString(16).padStart(2, "0")}`;
}

const segmentForm = "[a-z0-9_](?:[a-z0-9._-]{0,126}[a-z0-9_-])?";
const segment = new RegExp(`^${segmentForm}$`);
const key = new RegExp(`^${segmentForm}(?:/${segmentForm}){0,7}$`);
const reservedInside = /(?:^|\/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|$)/;

/**
 * Refuses what is not a key: 1 to 8 segments with `/` between, each of 1 to 128 characters from `a-z 0-9 . _ -`, neither
 * starting with `.` or `-` nor ending with `.`, and none a name Windows reserves. So a key is a path that stays inside.
 *
 * @throws StoreError `STORE_BAD_KEY`
 */
export function checkKey(text: string): void {
  if (key.test(text) && !reservedInside.test(text)) return;
  throw new StoreError("STORE_BAD_KEY", `${JSON.stringify(text.slice(0, 80))} is not a key of the store`, {
    key: text,
    hint: "Please report this as a fault of Certwright or of the plugin that was running.",
  });
}

/**
 * Refuses what is not a folder: `""` for the top, or a key.
 *
 * @throws StoreError `STORE_BAD_KEY`
 */
export function checkFolder(folder: string): void {
  if (folder !== "") checkKey(folder);
}

/** True for one segment of a key: what {@link safeName} returns always is one. */
export function isSegment(text: string): boolean {
  return segment.test(text) && !reservedStem.test(text);
}
