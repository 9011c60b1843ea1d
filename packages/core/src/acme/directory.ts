import { CertwrightError } from "@certwright/provider";
import { asObject, badAnswer, type JsonObject, readArray, readOptionalString, readString } from "./answer.ts";
import { printable } from "./printable.ts";
import { shareCall } from "./shared-call.ts";
import { parseUrl } from "./url.ts";

/** What a CA tells about itself (RFC 8555 section 7.1.1; profiles: draft-ietf-acme-profiles). */
export interface DirectoryMeta {
  readonly termsOfService?: string;
  readonly website?: string;
  /** The names the CA answers to in CAA records. */
  readonly caaIdentities: readonly string[];
  readonly externalAccountRequired: boolean;
  /** Profile name to the CA's description of it (a text or a URL). */
  readonly profiles: ReadonlyMap<string, string>;
}

/** The resources of a CA. */
export interface Directory {
  readonly url: string;
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert?: string;
  readonly keyChange?: string;
  readonly newAuthz?: string;
  /** RFC 9773 section 4.1. */
  readonly renewalInfo?: string;
  readonly meta: DirectoryMeta;
}

/** A resource of the directory that signed requests go to. */
export type DirectoryResource = "newAccount" | "newOrder" | "revokeCert" | "keyChange" | "newAuthz";

/** A directory as it is kept between runs. */
export interface CachedDirectory {
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** The JSON object as the CA sent it; parsed as strictly as if it came from the CA. */
  readonly document: unknown;
}

/** Where directories are kept between runs. A copy that cannot be read or written only costs a request. */
export interface DirectoryCache {
  read(url: string): Promise<CachedDirectory | undefined>;
  write(url: string, entry: CachedDirectory): Promise<void>;
}

const what = "directory";

/**
 * Reads a directory object.
 *
 * @throws `ACME_NOT_ACME` where it lacks what makes it a directory; `ACME_INSECURE_URL`; `ACME_BAD_ANSWER`.
 */
export function parseDirectory(value: unknown, url: string): Directory {
  const fields = asObject(value, what);
  if (!["newNonce", "newAccount", "newOrder"].every((name) => typeof fields[name] === "string")) {
    throw new CertwrightError("ACME_NOT_ACME", `${url} answers, but not with an ACME directory`, {
      hint: "Give the CA's directory URL; it often ends in /directory or /dir.",
    });
  }
  return {
    url,
    newNonce: resource(fields, "newNonce"),
    newAccount: resource(fields, "newAccount"),
    newOrder: resource(fields, "newOrder"),
    ...optionalResource(fields, "revokeCert"),
    ...optionalResource(fields, "keyChange"),
    ...optionalResource(fields, "newAuthz"),
    ...optionalResource(fields, "renewalInfo"),
    meta: parseMeta(fields.meta === undefined || fields.meta === null ? {} : asObject(fields.meta, "directory's meta")),
  };
}

/** The origins the CA's directory speaks for: its own and those of its resources. */
export function directoryOrigins(directory: Directory): readonly string[] {
  const { url, newNonce, newAccount, newOrder, revokeCert, keyChange, newAuthz, renewalInfo } = directory;
  const urls = [url, newNonce, newAccount, newOrder, revokeCert, keyChange, newAuthz, renewalInfo];
  return urls.filter((each) => each !== undefined).map((each) => new URL(each).origin);
}

function resource(fields: JsonObject, key: string): string {
  return parseUrl(readString(fields, key, what), `directory's ${key}`).href;
}

function optionalResource<K extends string>(fields: JsonObject, key: K): { readonly [P in K]?: string } {
  return readOptionalString(fields, key, what) === undefined ? {} : ({ [key]: resource(fields, key) } as { [P in K]: string });
}

function parseMeta(meta: JsonObject): DirectoryMeta {
  const termsOfService = webAddress(meta, "termsOfService");
  const website = webAddress(meta, "website");
  const identities = readArray(meta, "caaIdentities", "directory's meta", 100, true);
  const required = meta.externalAccountRequired ?? false;
  if (typeof required !== "boolean") throw badAnswer("directory's meta", 'has an "externalAccountRequired" that is no boolean');
  return {
    ...(termsOfService === undefined ? {} : { termsOfService }),
    ...(website === undefined ? {} : { website }),
    caaIdentities: identities.filter((name) => typeof name === "string").map((name) => printable(name, 255).toLowerCase()),
    externalAccountRequired: required,
    profiles: parseProfiles(meta.profiles),
  };
}

// Shown to people and never opened by us, so plain http is no danger here.
function webAddress(meta: JsonObject, key: string): string | undefined {
  const text = readOptionalString(meta, key, "directory's meta");
  return text !== undefined && /^https?:\/\/[!-~]+$/.test(text) ? text : undefined;
}

function parseProfiles(value: unknown): ReadonlyMap<string, string> {
  if (value === undefined || value === null) return new Map();
  const entries = Object.entries(asObject(value, "directory's profiles"));
  if (entries.length > 100) throw badAnswer(what, `lists ${entries.length} profiles`);
  const named = entries.filter(([name]) => /^[!-~]{1,64}$/.test(name));
  return new Map(named.map(([name, description]) => [name, typeof description === "string" ? printable(description, 500) : ""]));
}

/** What {@link createDirectorySource} needs. */
export interface DirectorySourceOptions {
  readonly url: string;
  /** Fetches and decodes the JSON at the directory URL. */
  readonly fetch: (signal: AbortSignal) => Promise<unknown>;
  readonly now: () => number;
  readonly cache?: DirectoryCache;
  /** Seconds a cached directory counts as fresh. */
  readonly maxAge: number;
}

/** The directory of one CA, fetched at most once at a time. */
export interface DirectorySource {
  get(signal?: AbortSignal): Promise<Directory>;
  /** Fetches again if what {@link get} gave came from the cache, else gives the same. */
  refetchIfCached(signal?: AbortSignal): Promise<Directory>;
}

/** Opens the directory of one CA. Where a stale copy is all there is, because the CA fails, it is used. */
export function createDirectorySource(options: DirectorySourceOptions): DirectorySource {
  const { url, cache, now } = options;
  let current: Directory | undefined;
  let cached = false;

  const fetchFresh = async (signal: AbortSignal): Promise<Directory> => {
    const document = await options.fetch(signal);
    const directory = parseDirectory(document, url);
    await cache?.write(url, { fetchedAt: now(), document }).catch(ignore);
    cached = false;
    current = directory;
    return directory;
  };
  const load = async (signal: AbortSignal): Promise<Directory> => {
    const kept = await readCache(options);
    const age = kept === undefined ? undefined : (now() - kept.fetchedAt) / 1000;
    if (kept !== undefined && age !== undefined && age >= 0 && age < options.maxAge) {
      cached = true;
      current = kept.directory;
      return kept.directory;
    }
    try {
      return await fetchFresh(signal);
    } catch (error) {
      if (kept === undefined || signal.aborted) throw error;
      current = kept.directory;
      return kept.directory;
    }
  };
  const loadOnce = shareCall(load);
  const fetchOnce = shareCall(fetchFresh);
  return {
    get: async (signal) => current ?? (await loadOnce(signal)),
    refetchIfCached: async (signal) => (cached || current === undefined ? await fetchOnce(signal) : current),
  };
}

async function readCache({ url, cache }: DirectorySourceOptions): Promise<{ fetchedAt: number; directory: Directory } | undefined> {
  try {
    const entry = await cache?.read(url);
    if (entry === undefined || typeof entry.fetchedAt !== "number") return undefined;
    return { fetchedAt: entry.fetchedAt, directory: parseDirectory(entry.document, url) };
  } catch {
    // A damaged copy is worth no more than none.
    return undefined;
  }
}

// A cache that cannot be written must not stop an issuance.
function ignore(): void {}
