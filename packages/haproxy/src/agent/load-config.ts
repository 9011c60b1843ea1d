import { isAbsolute, join } from "node:path";
import { configError } from "../config/words.ts";
import { mapPath } from "../disk/files.ts";
import type { Places } from "./copies.ts";
import { type AcmeCertificate, readAcmeConfig, readCrtList, type SectionSettings } from "./domains.ts";

/** What reading HAProxy's configuration needs. */
export interface ConfigSource extends Places {
  /** The files HAProxy was started with, in that order. */
  readonly files: readonly string[];
  /** Variables the configuration uses. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * The certificates HAProxy obtains by itself, by name, from its configuration and the crt-lists that names.
 *
 * @throws HaproxyError HAPROXY_ACME_CONFIG
 */
export async function loadAcmeConfig(source: ConfigSource): Promise<ReadonlyMap<string, AcmeCertificate>> {
  const read = (path: string) =>
    source.readFile(path).catch((cause: Error) => {
      throw configError(`${path}: ${cause.message}`, cause);
    });
  const texts = await Promise.all(source.files.map(async (file) => ({ file, text: await read(file) })));
  const config = readAcmeConfig(texts, source.env);
  const found = new Map<string, AcmeCertificate>();
  const keep = (certificate: AcmeCertificate) => {
    const before = found.get(certificate.name);
    const domains = [...new Set([...(before?.domains ?? []), ...certificate.domains])];
    const settings: SectionSettings = config.sections.get(certificate.section) ?? {};
    found.set(certificate.name, { ...before, ...certificate, ...settings, domains });
  };
  config.certificates.forEach(keep);
  for (const list of new Set(config.lists)) {
    const path = isAbsolute(list) || source.base === undefined ? list : join(source.base, list);
    readCrtList(await read(mapPath(path, source.map)), config.certificateBase).forEach(keep);
  }
  return found;
}
