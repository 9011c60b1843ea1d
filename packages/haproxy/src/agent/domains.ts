import { isAbsolute } from "node:path";
import { configError, configWords } from "./config-words.ts";

/*
 * What only HAProxy's configuration says of its ACME certificates: which domains each has, and where relative paths
 * begin. The Runtime API shows neither.
 */

/** A certificate HAProxy obtains by itself. */
export interface AcmeCertificate {
  /** Name in HAProxy: a path, or `@store/alias`. */
  readonly name: string;
  /** The `acme` section. */
  readonly section: string;
  /** As written, with `*.` where so. */
  readonly domains: readonly string[];
  /** Where a relative path of the certificate's file begins. */
  readonly certificateBase?: string;
  /** Where a relative path of the key's file begins. */
  readonly keyBase?: string;
  /** `provider-name` of the section. */
  readonly provider?: string;
  /** `acme-vars` of the section, of several the last, as HAProxy has it. Usually a secret. */
  readonly vars?: string;
  /** `challenge` of the section: `http-01` or `dns-01`. */
  readonly challenge?: string;
}

/** How an `acme` section has its records set. */
export type SectionSettings = Pick<AcmeCertificate, "provider" | "vars" | "challenge">;

/** What one configuration file says. */
export interface AcmeConfig {
  readonly certificates: readonly AcmeCertificate[];
  /** Paths of crt-lists, which hold certificates, too. */
  readonly lists: readonly string[];
  /** Settings of `acme` sections, by name. */
  readonly sections: ReadonlyMap<string, SectionSettings>;
  readonly certificateBase?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const sectionWords =
  /^(?:global|defaults|frontend|backend|listen|peers|resolvers|mailers|userlist|program|cache|http-errors|ring|log-forward|log-profile|fcgi-app|crt-store|acme|traces)$/;

/**
 * Reads the part of a configuration that concerns ACME certificates; everything else is passed over. Conditional blocks
 * (`.if`) are read as if all of them held.
 *
 * @throws HaproxyError HAPROXY_ACME_CONFIG
 */
export function readAcmeConfig(text: string, env: Env): AcmeConfig {
  const certificates: AcmeCertificate[] = [];
  const lists: string[] = [];
  const sections = new Map<string, SectionSettings>();
  let section: readonly string[] = [];
  let global: Bases = {};
  let store: Bases = {};
  for (const line of logicalLines(text)) {
    if (!/^\s*(?:\w|-)/.test(line)) continue;
    const [first = ""] = line.trim().split(/\s/, 1);
    if (sectionWords.test(first)) {
      section = configWords(line, env);
      store = {};
      continue;
    }
    const [kind] = section;
    if (!relevant.has(first)) continue;
    const words = configWords(line, env);
    if (kind === "acme") sections.set(section[1] ?? "", { ...sections.get(section[1] ?? ""), ...settingsOf(words) });
    else if (kind === "global") global = { ...global, ...basesOf(words) };
    else if (kind === "crt-store" && first === "load") {
      certificates.push(...loaded(words, section[1] ?? "", { ...global, ...store }));
    } else if (kind === "crt-store") store = { ...store, ...basesOf(words) };
    else if (first === "ssl-f-use") certificates.push(...used(words, global));
    else if (first === "bind") lists.push(...valuesOf(words, "crt-list"));
  }
  return { certificates, lists, sections, ...(global.crt === undefined ? {} : { certificateBase: global.crt }) };
}

/** Reads a crt-list: `file [options] filters`. @throws HaproxyError HAPROXY_ACME_CONFIG */
export function readCrtList(text: string, certificateBase: string | undefined): readonly AcmeCertificate[] {
  return text.split("\n").flatMap((line) => {
    const [, file, options = ""] = /^\s*([^\s#[]\S*)(?:\s+\[([^\]]*)\])?/.exec(line) ?? [];
    if (file === undefined) return [];
    return acmeOf(options.split(/\s+/), nameOf(file, certificateBase), based(certificateBase));
  });
}

const relevant: ReadonlySet<string> = new Set([
  ...["crt-base", "key-base", "load", "ssl-f-use", "bind", "provider-name", "acme-vars", "challenge"],
]);

function settingsOf([word, value]: readonly string[]): SectionSettings {
  if (value === undefined) return {};
  if (word === "provider-name") return { provider: value };
  if (word === "challenge") return { challenge: value.toLowerCase() };
  return word === "acme-vars" ? { vars: value } : {};
}

interface Bases {
  readonly crt?: string;
  readonly key?: string;
}

function basesOf([word, value]: readonly string[]): Bases {
  if (value === undefined) return {};
  if (word === "crt-base") return { crt: value };
  return word === "key-base" ? { key: value } : {};
}

/** `load crt FILE [key FILE] [alias NAME] acme SECTION domains LIST` of a crt-store. */
function loaded(words: readonly string[], store: string, { crt, key }: Bases): readonly AcmeCertificate[] {
  const [file] = valuesOf(words, "crt");
  const [alias = file] = valuesOf(words, "alias");
  if (alias === undefined) return [];
  return acmeOf(words, `@${store}/${alias}`, {
    ...based(crt),
    ...(key === undefined ? {} : { keyBase: key }),
  });
}

/** `ssl-f-use crt FILE acme SECTION domains LIST` of a frontend. */
function used(words: readonly string[], { crt }: Bases): readonly AcmeCertificate[] {
  const [file] = valuesOf(words, "crt");
  return file === undefined ? [] : acmeOf(words, nameOf(file, crt), based(crt));
}

function acmeOf(
  words: readonly string[],
  name: string,
  bases: Pick<AcmeCertificate, "certificateBase" | "keyBase">,
): readonly AcmeCertificate[] {
  const [section] = valuesOf(words, "acme");
  if (section === undefined) return [];
  const domains = valuesOf(words, "domains")
    .flatMap((list) => list.split(","))
    .map((domain) => domain.trim().toLowerCase())
    .filter(Boolean);
  const wrong = domains.find((domain) => !/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*\.?$/.test(domain));
  if (wrong !== undefined) throw configError(`${JSON.stringify(wrong)} of ${name} is no domain`);
  return [{ name, section, domains, ...bases }];
}

function valuesOf(words: readonly string[], keyword: string): readonly string[] {
  return words.flatMap((word, index) => (word === keyword ? (words[index + 1] ?? []) : []));
}

function based(base: string | undefined): { readonly certificateBase?: string } {
  return base === undefined ? {} : { certificateBase: base };
}

/** HAProxy's own way of naming a file: what is relative gets the base in front. */
function nameOf(file: string, base: string | undefined): string {
  return base === undefined || isAbsolute(file) || file.startsWith("@") ? file : `${base}/${file}`;
}

/** Lines, with those that end in a backslash joined to the next. */
function logicalLines(text: string): readonly string[] {
  return text.replace(/\\\r?\n/g, " ").split(/\r?\n/);
}
