import { ProviderError } from "./errors.ts";

/** Longest character-string of a TXT record, in bytes (RFC 1035 section 3.3). */
const longestString = 255;

/**
 * A TXT value in presentation form: every string of at most 255 bytes in quotes, separated by one space.
 *
 * `"` and `\` get a backslash; bytes that are not printable ASCII become `\DDD` (RFC 1035 section 5.1).
 */
export function quote(value: string): string {
  return split255(value)
    .map((part) => `"${escapeBytes(Buffer.from(part, "utf8"))}"`)
    .join(" ");
}

/** The value in pieces of at most 255 bytes each, never cut inside a character; `[""]` for an empty value. */
export function split255(value: string): string[] {
  const parts: string[] = [];
  let part = "";
  let size = 0;
  for (const character of value) {
    const bytes = Buffer.byteLength(character, "utf8");
    if (size + bytes > longestString) {
      parts.push(part);
      part = "";
      size = 0;
    }
    part += character;
    size += bytes;
  }
  return [...parts, part];
}

/**
 * The value behind a presentation form: quoted or bare strings, joined without anything between them.
 *
 * APIs differ in whether they quote; a text without any quote or backslash is taken as it is, spaces included.
 * That makes it safe on values an API answers bare, as long as they hold neither.
 *
 * @throws ProviderError `PROVIDER_BAD_ANSWER` for an open quote or a broken escape.
 */
export function unquote(text: string): string {
  if (!/["\\]/.test(text)) return text;
  const bytes: number[] = [];
  const source = Buffer.from(text.trim(), "utf8");
  let quoted = false;
  for (let at = 0; at < source.length; at++) {
    const byte = source[at] as number;
    if (byte === 0x22) quoted = !quoted;
    else if (byte === 0x5c) at = readEscape(source, at + 1, bytes);
    else if (quoted || !isBlank(byte)) bytes.push(byte);
  }
  if (quoted) throw new ProviderError("PROVIDER_BAD_ANSWER", "a TXT value has a quote that is never closed");
  return Buffer.from(bytes).toString("utf8");
}

/** Reads one escape after its backslash into `bytes`; answers the index of its last byte. */
function readEscape(source: Buffer, at: number, bytes: number[]): number {
  const code = /^\d{3}/.exec(source.toString("latin1", at, at + 3))?.[0];
  const byte = code === undefined ? source[at] : Number(code);
  if (byte === undefined || byte > 255 || (code === undefined && isDigit(byte)))
    throw new ProviderError("PROVIDER_BAD_ANSWER", "a TXT value has a broken escape");
  bytes.push(byte);
  return code === undefined ? at : at + 2;
}

function escapeBytes(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
