import { type Codec, CodecError } from "./codec.ts";
import { corrupt, StoreError } from "./store-error.ts";

/** A kind of JSON file in the state: its format number and what is in it. */
export interface DocumentKind<T> {
  /** Raised at every change that an older version would not understand, an added property included. */
  readonly format: number;
  readonly codec: Codec<T>;
  /** Properties that the format before this one had besides, which are read over. Left out: that format is not read. */
  readonly formerly?: readonly string[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The bytes of a document: JSON that people can read, with `format` first and a line feed at its end.
 *
 * @throws StoreError `STORE_BAD_VALUE` where it could not be read back
 */
export function encodeDocument<T>(kind: DocumentKind<T>, value: T): Uint8Array {
  return encodeAndRead(kind, value).bytes;
}

/** The same, with what reading the bytes will give. @throws StoreError `STORE_BAD_VALUE` */
export function encodeAndRead<T>(kind: DocumentKind<T>, value: T): { readonly bytes: Uint8Array; readonly read: T } {
  const { json, read } = check(kind.codec, value);
  const text = JSON.stringify({ format: kind.format, ...(json as object) }, undefined, 1);
  return { bytes: Buffer.from(`${text}\n`), read };
}

/**
 * JSON of a value, after making sure that it can be read back: state must never be damaged by what is put into it.
 *
 * @throws StoreError `STORE_BAD_VALUE`
 */
export function writeChecked<T>(codec: Codec<T>, value: T): unknown {
  return check(codec, value).json;
}

function check<T>(codec: Codec<T>, value: T): { readonly json: unknown; readonly read: T } {
  const json = codec.write(value);
  try {
    return { json, read: codec.read(json) };
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new StoreError("STORE_BAD_VALUE", `this cannot be stored: it${cause.message}`, {
      cause,
      hint: "If you gave this value, give a plainer one; else please report it as a fault of Certwright.",
    });
  }
}

/**
 * Reads a document, strictly.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`
 */
export function decodeDocument<T>(kind: DocumentKind<T>, key: string, bytes: Uint8Array): T {
  if (bytes.length === 0) throw corrupt(key, "it is empty");
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's own error quotes the text, which has no place in a message.
    throw corrupt(key, "it is not JSON, so it was cut short or overwritten");
  }
  if (typeof json !== "object" || json === null || !("format" in json)) throw corrupt(key, "it has no format number");
  const isFormer = kind.formerly !== undefined && json.format === kind.format - 1;
  if (!isFormer) checkFormat(json.format, kind.format, key);
  else for (const property of kind.formerly) (json as Record<string, unknown>)[property] = undefined;
  // Not `delete`, and no copy without it: both are slow, and this runs once per certificate of a list.
  json.format = undefined;
  try {
    return kind.codec.read(json);
  } catch (cause) {
    if (cause instanceof CodecError) throw corrupt(key, `it${cause.message}`, cause);
    throw cause;
  }
}

/**
 * Refuses a format number this version does not know.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`
 */
export function checkFormat(format: unknown, known: number, key: string): void {
  if (format === known) return;
  if (typeof format === "number" && Number.isInteger(format) && format > known) {
    throw new StoreError(
      "STORE_NEWER_FORMAT",
      `${key} in the state has format ${format}; this version knows ${known}`,
      {
        key,
        hint: "Upgrade Certwright on this machine to the version that wrote it.",
      },
    );
  }
  throw corrupt(key, "its format number is none this version reads");
}
