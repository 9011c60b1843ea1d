import { CertwrightError } from "@certwright/provider";
import { asObject, badAnswer, type JsonObject, readArray, readOptionalString, readString } from "./answer.ts";
import { printable } from "./printable.ts";
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
  return readOptionalString(fields, key, what) === undefined
    ? {}
    : ({ [key]: resource(fields, key) } as { [P in K]: string });
}

function parseMeta(meta: JsonObject): DirectoryMeta {
  const termsOfService = webAddress(meta, "termsOfService");
  const website = webAddress(meta, "website");
  const identities = readArray(meta, "caaIdentities", "directory's meta", 100, true);
  const required = meta.externalAccountRequired ?? false;
  if (typeof required !== "boolean")
    throw badAnswer("directory's meta", 'has an "externalAccountRequired" that is no boolean');
  return {
    ...(termsOfService === undefined ? {} : { termsOfService }),
    ...(website === undefined ? {} : { website }),
    caaIdentities: identities
      .filter((name) => typeof name === "string")
      .map((name) => printable(name, 255).toLowerCase()),
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
  return new Map(
    named.map(([name, description]) => [name, typeof description === "string" ? printable(description, 500) : ""]),
  );
}
