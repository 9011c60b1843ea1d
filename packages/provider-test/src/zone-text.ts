import { demand } from "./refusal.ts";

/**
 * TXT values the way zone files and many APIs write them: strings in quotes, `"` and `\` escaped, at most 255 bytes each
 * (RFC 1035 sections 3.3 and 5.1). Written apart from `@certwright/provider`, so that a fault there is not hidden by the
 * same fault here.
 */
export function quoted(value: string): string {
  const bytes = Buffer.from(value);
  const strings: string[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += 255) {
    const text = [...bytes.subarray(start, start + 255)].map(character).join("");
    strings.push(`"${text}"`);
  }
  return strings.join(" ");
}

function character(byte: number): string {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  if (byte < 0x20 || byte > 0x7e) return `\\${String(byte).padStart(3, "0")}`;
  return String.fromCharCode(byte);
}

/** The text behind {@link quoted} strings. @throws Refusal 422 for anything that is not quoted, or a string over 255 bytes. */
export function unquoted(text: unknown): string {
  demand(typeof text === "string", "TXT content must be a string");
  demand(/^\s*"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*\s*$/s.test(text), `TXT content must be quoted: ${text}`);
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, inner = ""]) => unescaped(inner));
  for (const bytes of strings) demand(bytes.length <= 255, "a TXT string is longer than 255 bytes");
  return Buffer.concat(strings).toString("utf8");
}

function unescaped(text: string): Buffer {
  const bytes: Buffer[] = [];
  for (const [part] of text.matchAll(/\\\d{3}|\\.|[^\\]+/gs)) {
    if (/^\\\d{3}$/.test(part)) bytes.push(Buffer.from([Number(part.slice(1)) & 0xff]));
    else bytes.push(Buffer.from(part.startsWith("\\") ? part.slice(1) : part));
  }
  return Buffer.concat(bytes);
}
