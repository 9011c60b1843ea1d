import type { Bundle } from "../certificate/pem.ts";
import type { ListLine } from "../disk/crt-list-file.ts";
import { HaproxyError } from "../errors.ts";
import type { PushRequest, PushResult } from "../push/push-request.ts";
import type { StoredFile } from "./answers.ts";
import { keepInStep, upload, writeStored } from "./change.ts";
import type { Reach } from "./look.ts";
import type { Desk } from "./open-api.ts";
import type { Place } from "./place.ts";

/** What to do, and how far one may go. */
export interface ApiPushRequest extends Omit<PushRequest, "disk"> {
  /** HAProxy may be reloaded where it cannot take the certificate at run time. */
  readonly mayReload: boolean;
}

export interface ApiPushResult extends PushResult {
  readonly reloaded: boolean;
}

/** One attempt of a push. */
export interface Work {
  readonly desk: Desk;
  readonly reach: Reach;
  readonly request: ApiPushRequest;
  readonly bundle: Bundle;
  /** Paths of files that were written. */
  readonly files: string[];
  reloaded: boolean;
}

/** Its line in a list. */
export function lineOf(certificate: string, { add }: ApiPushRequest): ListLine {
  const { options, filters } = add ?? {};
  return { certificate, ...(options ? { options } : {}), ...(filters ? { filters } : {}) };
}

/** Keeps the file of a crt-list in step, where the API has it. */
export async function keepListFile(work: Work, list: string, name: string): Promise<void> {
  if (await keepInStep(work.desk, work.reach, list, lineOf(name, work.request))) work.files.push(list);
}

/** Writes the certificate's file. */
export async function write(work: Work, file: StoredFile, reload: boolean): Promise<void> {
  await writeStored(work.desk, file, work.bundle.pem, reload);
  work.files.push(file.file);
  work.reloaded ||= reload;
}

/** Only the files, and then a reload if one is allowed. */
export async function store(work: Work, place: Place, reload: boolean): Promise<void> {
  const { desk, bundle, request } = work;
  let { file } = place;
  if (file === undefined && place.upload !== undefined) {
    const made = await upload(desk, place.upload, bundle.pem, false);
    work.files.push(made.file.file);
    work.reloaded ||= made.reloaded;
    file = made.file;
  }
  if (file === undefined) {
    throw new HaproxyError("HAPROXY_API_NAME", `The API of ${desk.node.id} does not keep the file of ${place.name}.`, {
      node: desk.node.id,
      certificate: place.name,
      hint: `Only what lies in its ssl_certs_dir can be written (${place.withoutFile}).`,
    });
  }
  const list = request.add?.list;
  if (!place.present && list !== undefined) await keepListFile(work, list, file.file);
  if (reload || place.file) await write(work, file, reload);
}

/** True where the file holds the bundle and nothing else, as far as serial number and size tell. */
export function isFileOf(bundle: Bundle, stored: { readonly serial?: string; readonly size: number }): boolean {
  return stored.serial === bundle.serial && stored.size === Buffer.byteLength(bundle.pem);
}

/** What came of it. */
export function result(
  { desk, bundle, files, reloaded }: Work,
  name: string,
  rest: Pick<ApiPushResult, "action" | "warnings"> & Partial<ApiPushResult>,
): ApiPushResult {
  return {
    node: desk.node.id,
    name,
    instances: 0,
    served: false,
    serial: bundle.serial,
    fingerprint256: bundle.fingerprint256,
    pid: 0,
    version: "",
    files,
    reloaded,
    ...rest,
  };
}
