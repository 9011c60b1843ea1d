import { excerpt, HaproxyError } from "../errors.ts";
import { type CertificateDetails, parseAlternativeNames } from "../runtime/listings.ts";
import { canonicalName } from "../runtime/names.ts";
import type { ApiReply } from "./exchange.ts";

/*
 * The grammar of what a Data Plane API (v3) answers when it did what was asked. Whatever is missing or of another type
 * is an error: an API that changed shall not be taken for one that succeeded.
 */

/** The process behind the API. */
export interface Process {
  readonly pid: number;
  readonly version: string;
}

/** A certificate file the API keeps; nobody can read its key back. */
export interface StoredFile {
  /** Full path, which is the certificate's name in HAProxy where the configuration refers to the file by it. */
  readonly file: string;
  readonly storageName: string;
}

export interface StoredDetails extends StoredFile {
  readonly size: number;
  /** Upper-case hex without leading zeros, of the leaf. */
  readonly serial?: string;
  readonly names: readonly string[];
}

export interface Reload {
  readonly status: "in_progress" | "succeeded" | "failed";
  /** What the reload said, cut short. */
  readonly response: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** `GET /info`: only that it is one. */
export function readVersion(json: unknown): string {
  const api = fieldsOf(fieldsOf(json, "info").api, "info.api");
  return textOf(api, "version").trim();
}

/** `GET .../runtime/info`; undefined where the API says that it cannot ask HAProxy. */
export function readProcess(json: unknown): Process | { readonly error: string } {
  const answer = fieldsOf(json, "runtime/info");
  if (typeof answer.error === "string" && answer.error !== "") return { error: excerpt(answer.error) };
  const info = fieldsOf(answer.info, "runtime/info.info");
  const version = textOf(info, "version");
  const pid = info.pid;
  if (!isWhole(pid) || pid === 0 || version === "") throw unexpected("runtime/info", "no version and process id");
  return { pid, version };
}

/** `GET .../runtime/ssl_certs`: names of the certificates HAProxy holds. */
export function readNames(json: unknown): readonly string[] {
  return listOf(json, "runtime/ssl_certs").map((each) => textOf(fieldsOf(each, "runtime/ssl_certs"), "storage_name"));
}

/** `GET .../runtime/ssl_certs/{name}`: what HAProxy shows, of which the API passes on the last issuer only. */
export function readDetails(json: unknown, name: string): CertificateDetails {
  const what = "runtime/ssl_certs/{name}";
  const shown = fieldsOf(json, what);
  const status = shown.status;
  if (status !== "Used" && status !== "Unused" && status !== "Empty" && status !== "Uncommitted")
    throw unexpected(what, "no status of a certificate");
  const serial = optionalText(shown, "serial");
  if (status !== "Empty" && !/^[0-9A-Fa-f]+$/.test(serial ?? "")) throw unexpected(what, "no serial number");
  const sha1 = optionalText(shown, "sha1_finger_print");
  if (sha1 !== undefined && !/^[0-9A-Fa-f]{40}$/.test(sha1)) throw unexpected(what, "no SHA-1 fingerprint");
  const algorithm = optionalText(shown, "algorithm");
  const subject = optionalText(shown, "subject");
  const chain = optionalText(shown, "chain_subject");
  const notAfter = dateOf(shown, "not_after", what);
  const notBefore = dateOf(shown, "not_before", what);
  // Where HAProxy tells the file, the API gives that instead of the name.
  const file = textOf(shown, "storage_name");
  return {
    name,
    status,
    certificateFile: file,
    ...(serial === undefined ? {} : { serial: serial.toUpperCase().replace(/^0+(?=.)/, "") }),
    ...(sha1 === undefined ? {} : { sha1: sha1.toUpperCase() }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(subject === undefined ? {} : { subject }),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(notBefore === undefined ? {} : { notBefore }),
    names: parseAlternativeNames(optionalText(shown, "subject_alternative_names") ?? ""),
    chainSubjects: chain === undefined ? [] : [chain],
  };
}

/** `GET .../runtime/ssl_crt_lists` */
export function readLists(json: unknown): readonly string[] {
  return listOf(json, "runtime/ssl_crt_lists").map((each) => textOf(fieldsOf(each, "ssl_crt_lists"), "file"));
}

/** `GET .../runtime/ssl_crt_lists/entries`: certificates in a list, without those a directory had from the start. */
export function readEntries(json: unknown): readonly string[] {
  return listOf(json, "runtime/ssl_crt_lists/entries").map((each) => textOf(fieldsOf(each, "entries"), "file"));
}

/** `GET .../storage/ssl_certificates` and `.../storage/ssl_crt_lists` */
export function readStored(json: unknown): readonly StoredFile[] {
  return listOf(json, "storage").map((each) => storedFile(fieldsOf(each, "storage")));
}

/** `GET`, `POST` and `PUT` of one of `.../storage/ssl_certificates` */
export function readStoredDetails(json: unknown): StoredDetails {
  const stored = fieldsOf(json, "storage/ssl_certificates");
  if (!isWhole(stored.size)) throw unexpected("storage/ssl_certificates", "no size");
  const serial = optionalText(stored, "serial");
  if (serial !== undefined && !/^\d{1,60}$/.test(serial))
    throw unexpected("storage/ssl_certificates", "no serial number");
  const names = [optionalText(stored, "domains"), optionalText(stored, "ip_addresses")];
  return {
    ...storedFile(stored),
    size: stored.size,
    // In decimal here, in hexadecimal where HAProxy is asked.
    ...(serial === undefined ? {} : { serial: BigInt(serial).toString(16).toUpperCase() }),
    names: names.flatMap((text) => (text === undefined ? [] : text.split(/, */).map(canonicalName))),
  };
}

/** `GET .../reloads/{id}` */
export function readReload(json: unknown): Reload {
  const reload = fieldsOf(json, "reloads/{id}");
  const { status } = reload;
  if (status !== "in_progress" && status !== "succeeded" && status !== "failed")
    throw unexpected("reloads/{id}", "no status of a reload");
  return { status, response: excerpt(optionalText(reload, "response") ?? "") };
}

/** `GET .../configuration/global`: `tune.bufsize`, where it is set. */
export function readBufferSize(json: unknown): number | undefined {
  const options = fieldsOf(json, "configuration/global").tune_buffer_options;
  if (options === undefined || options === null) return undefined;
  const size = fieldsOf(options, "tune_buffer_options").bufsize;
  if (size === undefined || size === 0) return undefined;
  if (!isWhole(size)) throw unexpected("configuration/global", "no buffer size");
  return size;
}

/** The JSON of an answer. @throws HaproxyError HAPROXY_UNEXPECTED_ANSWER */
export function jsonOf(what: string, { contentType, text }: Pick<ApiReply, "contentType" | "text">): unknown {
  if (!/^application\/json\b/i.test(contentType)) throw unexpected(what, `"${excerpt(text)}" instead of JSON`);
  try {
    return JSON.parse(text);
  } catch {
    throw unexpected(what, `"${excerpt(text)}", which is no JSON`);
  }
}

/** The error for what a Data Plane API never says. */
export function unexpected(what: string, said: string): HaproxyError {
  return new HaproxyError("HAPROXY_UNEXPECTED_ANSWER", `The Data Plane API answered "${what}" with ${said}.`, {
    hint: "Check that the address leads to a Data Plane API of version 3, and not to a proxy's error page.",
  });
}

function storedFile(stored: Fields): StoredFile {
  return { file: textOf(stored, "file"), storageName: textOf(stored, "storage_name") };
}

function fieldsOf(json: unknown, what: string): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw unexpected(what, "no object");
  return json as Fields;
}

// The API writes an empty list as null here and there.
function listOf(json: unknown, what: string): readonly unknown[] {
  if (json === null) return [];
  if (!Array.isArray(json)) throw unexpected(what, "no list");
  return json;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw unexpected(name, "no text");
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw unexpected(name, "no text");
  return value;
}

function dateOf(fields: Fields, name: string, what: string): Date | undefined {
  const text = optionalText(fields, name);
  if (text === undefined) return undefined;
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? new Date(text) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw unexpected(what, `no date as ${name}`);
  return date;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
