import { isAbsolute } from "node:path";
import { type ConfigText, readConfigLines, wordsAfter } from "../config/lines.ts";
import { configError } from "../config/words.ts";

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

/**
 * Reads the part of a configuration that concerns ACME certificates; everything else is passed over.
 *
 * @throws HaproxyError HAPROXY_ACME_CONFIG
 */
export function readAcmeConfig(files: readonly ConfigText[], env: Env): AcmeConfig {
  const certificates: AcmeCertificate[] = [];
  const lists: string[] = [];
  const sections = new Map<string, SectionSettings>();
  let global: Bases = {};
  let store: Bases = {};
  const onUnreadable = (_place: string, error: unknown) => {
    throw error;
  };
  for (const line of readConfigLines(files, { wanted, env, onUnreadable })) {
    const { section, words } = line;
    const [kind, name = ""] = section.split(" ");
    const [first] = words;
    if (first === kind) store = {};
    else if (kind === "acme") sections.set(name, { ...sections.get(name), ...settingsOf(words) });
    else if (kind === "global") global = { ...global, ...basesOf(words) };
    else if (kind === "crt-store" && first === "load") {
      certificates.push(...loaded(words, name, { ...global, ...store }));
    } else if (kind === "crt-store") store = { ...store, ...basesOf(words) };
    else if (first === "ssl-f-use") certificates.push(...used(words, global));
    else if (first === "bind") lists.push(...wordsAfter(line, "crt-list"));
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

const wanted: ReadonlySet<string> = new Set([
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
  const [file] = wordsAfter({ words }, "crt");
  const [alias = file] = wordsAfter({ words }, "alias");
  if (alias === undefined) return [];
  return acmeOf(words, `@${store}/${alias}`, {
    ...based(crt),
    ...(key === undefined ? {} : { keyBase: key }),
  });
}

/** `ssl-f-use crt FILE acme SECTION domains LIST` of a frontend. */
function used(words: readonly string[], { crt }: Bases): readonly AcmeCertificate[] {
  const [file] = wordsAfter({ words }, "crt");
  return file === undefined ? [] : acmeOf(words, nameOf(file, crt), based(crt));
}

function acmeOf(
  words: readonly string[],
  name: string,
  bases: Pick<AcmeCertificate, "certificateBase" | "keyBase">,
): readonly AcmeCertificate[] {
  const [section] = wordsAfter({ words }, "acme");
  if (section === undefined) return [];
  const domains = wordsAfter({ words }, "domains")
    .flatMap((list) => list.split(","))
    .map((domain) => domain.trim().toLowerCase())
    .filter(Boolean);
  const wrong = domains.find((domain) => !/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*\.?$/.test(domain));
  if (wrong !== undefined) throw configError(`${JSON.stringify(wrong)} of ${name} is no domain`);
  return [{ name, section, domains, ...bases }];
}

function based(base: string | undefined): { readonly certificateBase?: string } {
  return base === undefined ? {} : { certificateBase: base };
}

/** HAProxy's own way of naming a file: what is relative gets the base in front. */
function nameOf(file: string, base: string | undefined): string {
  return base === undefined || isAbsolute(file) || file.startsWith("@") ? file : `${base}/${file}`;
}
