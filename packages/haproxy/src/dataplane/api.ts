import type { ListLine } from "../disk/crt-list-file.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { DataplaneNode } from "./address.ts";
import {
  jsonOf,
  type Process,
  type Reload,
  readBufferSize,
  readDetails,
  readEntries,
  readLists,
  readNames,
  readProcess,
  readReload,
  readStored,
  readStoredDetails,
  readVersion,
  type StoredDetails,
  type StoredFile,
  unexpected,
} from "./answers.ts";
import type { ApiReply, ApiRequest, Exchange } from "./exchange.ts";
import { type Failure, failureOf } from "./failure.ts";
import { formOf } from "./form.ts";

/* The resources of the Data Plane API (v3) that concern certificates, one function each. None of them decides anything. */

/** One API, open. */
export interface Api extends Exchange {
  readonly node: DataplaneNode;
}

/** What was asked for, or why there is none. */
export type Answer<T> = { readonly value: T } | { readonly failure: Failure };

/** A file was taken; `reloadId` where the API means to reload HAProxy because of it. */
export interface Taken {
  readonly stored: StoredDetails;
  readonly reloadId?: string;
}

const haproxy = "/services/haproxy";
// A hundred thousand certificates, about 200 bytes for each.
const longAnswer = 32 * 1024 * 1024;
// A reload that is waited for: the API checks the configuration, and HAProxy loads all certificates again.
const reloadTimeout = 120_000;

export function getVersion(api: Api): Promise<Answer<string>> {
  return ask(api, { method: "GET", path: "/info" }, readVersion);
}

export function getProcess(api: Api): Promise<Answer<Process | { readonly error: string }>> {
  return ask(api, { method: "GET", path: `${haproxy}/runtime/info` }, readProcess);
}

export function getBufferSize(api: Api): Promise<Answer<number | undefined>> {
  const query = { full_section: "true" };
  return ask(api, { method: "GET", path: `${haproxy}/configuration/global`, query }, readBufferSize);
}

export function getNames(api: Api): Promise<Answer<readonly string[]>> {
  return ask(api, { method: "GET", path: `${haproxy}/runtime/ssl_certs`, maxBytes: longAnswer }, readNames);
}

export function getCertificate(api: Api, name: string): Promise<Answer<CertificateDetails>> {
  const path = `${haproxy}/runtime/ssl_certs/${encodeURIComponent(name)}`;
  return ask(api, { method: "GET", path }, (json) => readDetails(json, name));
}

/** Replaces what HAProxy has in memory: `set ssl cert` and `commit ssl cert`, one after the other. */
export function putCertificate(api: Api, name: string, pem: string): Promise<Answer<undefined>> {
  const path = `${haproxy}/runtime/ssl_certs/${encodeURIComponent(name)}`;
  return done(api, { method: "PUT", path, body: formOf("certificate.pem", pem) }, 200);
}

/** Makes a certificate in memory and gives it its content; of a path, the API uses the last part for its name. */
export function postCertificate(api: Api, name: string, pem: string): Promise<Answer<undefined>> {
  return done(api, { method: "POST", path: `${haproxy}/runtime/ssl_certs`, body: formOf(name, pem) }, 201);
}

/** Takes a certificate out of HAProxy's memory that nothing uses. */
export function deleteCertificate(api: Api, name: string): Promise<Answer<undefined>> {
  return done(api, { method: "DELETE", path: `${haproxy}/runtime/ssl_certs/${encodeURIComponent(name)}` }, 204);
}

export function getLists(api: Api): Promise<Answer<readonly string[]>> {
  return ask(api, { method: "GET", path: `${haproxy}/runtime/ssl_crt_lists`, maxBytes: longAnswer }, readLists);
}

export function getEntries(api: Api, list: string): Promise<Answer<readonly string[]>> {
  const path = `${haproxy}/runtime/ssl_crt_lists/entries`;
  return ask(api, { method: "GET", path, query: { name: list }, maxBytes: longAnswer }, readEntries);
}

export function postEntry(api: Api, list: string, line: ListLine): Promise<Answer<undefined>> {
  const { certificate, options = "", filters = [] } = line;
  const entry = {
    file: certificate,
    ...(options.trim() === "" ? {} : { ssl_bind_config: options.trim() }),
    ...(filters.length === 0 ? {} : { sni_filter: filters }),
  };
  const path = `${haproxy}/runtime/ssl_crt_lists/entries`;
  const body = { type: "application/json", text: JSON.stringify(entry) };
  return done(api, { method: "POST", path, query: { name: list }, body }, 201);
}

export function getStored(api: Api): Promise<Answer<readonly StoredFile[]>> {
  return ask(api, { method: "GET", path: `${haproxy}/storage/ssl_certificates`, maxBytes: longAnswer }, readStored);
}

export function getStoredDetails(api: Api, storageName: string): Promise<Answer<StoredDetails>> {
  return ask(api, { method: "GET", path: storedPath(storageName) }, readStoredDetails);
}

/**
 * Uploads a new file. With `announce` the API makes it known to HAProxy by its path (which `POST` of the runtime's
 * cannot: it takes only the last part of a path), and reloads where that fails.
 */
export function postStored(api: Api, storageName: string, pem: string, announce: boolean): Promise<Answer<Taken>> {
  const path = `${haproxy}/storage/ssl_certificates`;
  const query = announce ? {} : { query: { skip_reload: "true" } };
  return take(api, { method: "POST", path, ...query, body: formOf(storageName, pem) });
}

/** Replaces a file and nothing else, or has HAProxy reloaded at once after it. */
export function putStored(api: Api, storageName: string, pem: string, reload: boolean): Promise<Answer<Taken>> {
  return take(api, {
    method: "PUT",
    path: storedPath(storageName),
    query: reload ? { force_reload: "true" } : { skip_reload: "true" },
    body: { type: "text/plain", text: pem },
    ...(reload ? { timeout: reloadTimeout } : {}),
  });
}

export function deleteStored(api: Api, storageName: string): Promise<Answer<undefined>> {
  return done(api, { method: "DELETE", path: storedPath(storageName), query: { skip_reload: "true" } }, 204);
}

export function getStoredLists(api: Api): Promise<Answer<readonly StoredFile[]>> {
  return ask(api, { method: "GET", path: `${haproxy}/storage/ssl_crt_lists`, maxBytes: longAnswer }, readStored);
}

/** The text of a crt-list file. */
export async function getListText(api: Api, storageName: string): Promise<Answer<string>> {
  const reply = await api.send({ method: "GET", path: listPath(storageName), maxBytes: longAnswer });
  if (reply.status !== 200) return { failure: failureOf(reply) };
  // The one answer that is no JSON; a page of a proxy would otherwise become the list.
  if (!/^application\/octet-stream\b/i.test(reply.contentType)) throw unexpected("storage/ssl_crt_lists", "no file");
  return { value: reply.text };
}

export function putList(api: Api, storageName: string, text: string): Promise<Answer<undefined>> {
  const body = { type: "text/plain", text };
  return done(api, { method: "PUT", path: listPath(storageName), query: { skip_reload: "true" }, body }, 200);
}

export function getReload(api: Api, id: string): Promise<Answer<Reload>> {
  return ask(api, { method: "GET", path: `${haproxy}/reloads/${encodeURIComponent(id)}` }, readReload);
}

function storedPath(storageName: string): string {
  return `${haproxy}/storage/ssl_certificates/${encodeURIComponent(storageName)}`;
}

function listPath(storageName: string): string {
  return `${haproxy}/storage/ssl_crt_lists/${encodeURIComponent(storageName)}`;
}

async function ask<T>(api: Api, request: ApiRequest, read: (json: unknown) => T): Promise<Answer<T>> {
  const reply = await api.send(request);
  if (reply.status !== 200) return failed(request, reply);
  return { value: read(jsonOf(request.path, reply)) };
}

async function done(api: Api, request: ApiRequest, status: number): Promise<Answer<undefined>> {
  const reply = await api.send(request);
  return reply.status === status ? { value: undefined } : failed(request, reply);
}

async function take(api: Api, request: ApiRequest): Promise<Answer<Taken>> {
  const reply = await api.send(request);
  if (![200, 201, 202].includes(reply.status)) return failed(request, reply);
  const stored = readStoredDetails(jsonOf(request.path, reply));
  if (reply.status !== 202) return { value: { stored } };
  if (reply.reloadId === undefined) throw unexpected(request.path, "a reload that has no Reload-ID");
  return { value: { stored, reloadId: reply.reloadId } };
}

function failed(request: ApiRequest, reply: ApiReply): { readonly failure: Failure } {
  // Neither what was asked for nor an error: somebody else answers there, or the API became another.
  if (reply.status < 400) throw unexpected(request.path, `status ${reply.status}`);
  return { failure: failureOf(reply) };
}
