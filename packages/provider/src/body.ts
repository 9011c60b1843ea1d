import { ProviderError } from "./errors.ts";
import type { RawAnswer } from "./exchange.ts";
import { parseXml } from "./xml.ts";
import { writeXml, type XmlInput } from "./xml-write.ts";

export type SendFormat = "json" | "form" | "xml";
export type ReadFormat = "json" | "xml" | "text";

/** A body as text with the content type it is sent under; undefined stays no body. */
export function encodeBody(
  body: unknown,
  send: SendFormat,
): { readonly text: string; readonly type: string } | undefined {
  if (body === undefined) return undefined;
  if (send === "json") return { text: JSON.stringify(body), type: "application/json" };
  if (send === "xml")
    return {
      text: typeof body === "string" ? body : writeXml(body as { [name: string]: XmlInput }),
      type: "application/xml",
    };
  return { text: typeof body === "string" ? body : form(body as object), type: "application/x-www-form-urlencoded" };
}

/** Lists are repeated, undefined and null left out. */
function form(body: object): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(body))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined && item !== null) pairs.append(key, String(item));
  return pairs.toString();
}

/** What the Accept header says for a way of reading. */
export function acceptOf(read: ReadFormat | undefined): string {
  if (read === "text") return "*/*";
  return read === "xml" ? "application/xml, text/xml" : "application/json, */*;q=0.5";
}

/** A decoded body: the document, and whether XML rules apply to it. */
export interface DecodedBody {
  readonly value: unknown;
  readonly xml: boolean;
}

/**
 * Reads an answer's body; an empty one is null.
 *
 * @throws ProviderError `PROVIDER_BAD_ANSWER` for HTML, for broken or truncated documents and for text that is not UTF-8.
 */
export function decodeBody({ headers, bytes }: RawAnswer, read: ReadFormat | undefined): DecodedBody {
  const text = utf8(bytes);
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (read === "text") return { value: text, xml: false };
  if (text.trim() === "") return { value: null, xml: read === "xml" };
  if (isHtml(text, type))
    throw new ProviderError("PROVIDER_BAD_ANSWER", "a web page came instead of the API's answer", {
      hint: "Check the endpoint; a proxy or a log-in page may answer in its place.",
    });
  if (read === "xml" || (read === undefined && /[/+]xml$/.test(type))) return { value: parseXml(text), xml: true };
  return { value: json(text), xml: false };
}

/** Some APIs label JSON as HTML, and some web pages come without a label; the first characters tell. */
function isHtml(text: string, type: string): boolean {
  return (
    /^\s*<(!doctype\s+html|html)\b/i.test(text) ||
    (type === "text/html" && /^\s*</.test(text) && !/^\s*<\?xml\b/.test(text))
  );
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProviderError("PROVIDER_BAD_ANSWER", "the answer is not UTF-8 text");
  }
}

function json(text: string): unknown {
  try {
    return /\d{16}/.test(text) ? JSON.parse(text, keepLongIntegers) : JSON.parse(text);
  } catch (cause) {
    throw new ProviderError("PROVIDER_BAD_ANSWER", "the answer is not JSON, or only a part of it arrived", {
      hint: "Try again; if it stays so, check the endpoint.",
      cause: new Error(cause instanceof SyntaxError ? "invalid JSON" : "unreadable"),
    });
  }
}

/** Identifiers beyond 2^53 would be rounded to somebody else's; they stay texts. */
function keepLongIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isLong = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLong && context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}
