import { isAbsolute } from "node:path";
import { exportError } from "./errors.ts";
import { type OwnerName, parseOwner } from "./owner.ts";
import { type PemPart, pemParts, usualOrder } from "./pem-parts.ts";

/** Forms a certificate is exported in. */
export const exportFormats = ["pem", "files", "pkcs12", "pkcs12-legacy"] as const;

/** One of {@link exportFormats}. */
export type ExportFormat = (typeof exportFormats)[number];

/** Where a certificate is exported to, and as what. */
export interface ExportRequest {
  /** Absolute: the file; for `files` the directory of several. `{name}` stands for the certificate's name. */
  readonly path: string;
  readonly format: ExportFormat;
  /** What is in a PEM file, in this order. */
  readonly parts: readonly PemPart[];
  readonly owner?: OwnerName;
  readonly mode?: number;
  /** Of a PKCS#12 file. */
  readonly password?: PasswordPlace | SecretPlace;
}

/** The first line of a file, by its absolute path; nothing stands for no password. */
export interface PasswordPlace {
  readonly firstLineOf: string;
}

/** A secret that the surroundings find; `config` is the label of the target that says how. */
export type SecretPlace = { readonly env: string } | { readonly file: string } | { readonly config: string };

/** The same as a person writes it. */
export interface ExportWords {
  readonly path: string;
  readonly format?: string | undefined;
  readonly parts?: string | undefined;
  readonly owner?: string | undefined;
  readonly mode?: string | undefined;
  /** `env:NAME`, `file:/path`, `config:LABEL`; never the password itself. */
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/**
 * Reads what a person wrote.
 *
 * @throws CertwrightError `EXPORT_ADDRESS`, `EXPORT_PASSWORD`
 */
export function readExportWords(words: ExportWords): ExportRequest {
  const { path } = words;
  const format = exportFormats.find((known) => known === (words.format ?? "pem"));
  if (!isAbsolute(path)) throw wrong(`${JSON.stringify(path)} is not an absolute path`, "Write the whole path.");
  if (format === undefined)
    throw wrong(`the format ${words.format} is not known`, `One of: ${exportFormats.join(", ")}.`);
  const parts = partsOf(format, words.parts);
  const owner = words.owner === undefined ? undefined : parseOwner(words.owner);
  if (words.owner !== undefined && owner === undefined)
    throw wrong(`${JSON.stringify(words.owner)} is no owner`, "Write user, user:group or :group, by name or number.");
  const isClear = format === "files" || (format === "pem" && parts.includes("key"));
  const mode = words.mode === undefined ? undefined : modeOf(words.mode, isClear);
  const password = passwordOf(words);
  const isPkcs12 = format.startsWith("pkcs12");
  if (isPkcs12 && password === undefined) {
    throw exportError("EXPORT_PASSWORD", "a PKCS#12 file needs a password, and none is given", {
      hint: "Say where it is: --password env:NAME or file:PATH; password=env:NAME in an address; `password` in a configuration. A --password-file that is empty stands for no password.",
    });
  }
  if (!isPkcs12 && password !== undefined) throw wrong("PEM takes no password", "Leave it out, or choose pkcs12.");
  return {
    path,
    format,
    parts,
    ...(owner === undefined ? {} : { owner }),
    ...(mode === undefined ? {} : { mode }),
    ...(password === undefined ? {} : { password }),
  };
}

const parameters = ["format", "parts", "owner", "mode", "password", "password-file"] as const;

/**
 * Reads a target as it is written in a configuration: `export:/etc/nginx/site.pem?owner=root:www-data&mode=0640`.
 *
 * @throws CertwrightError `EXPORT_ADDRESS`, `EXPORT_PASSWORD`
 */
export function parseExportTarget(text: string): ExportRequest {
  const [, path = "", query = ""] = /^export:([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  const given = new URLSearchParams(query);
  const unknown = [...given.keys()].find((name) => !parameters.some((known) => known === name));
  if (unknown !== undefined)
    throw wrong(`the parameter ${JSON.stringify(unknown)} is not known`, `One of: ${parameters.join(", ")}.`);
  const [format, parts, owner, mode, password, passwordFile] = parameters.map((name) => {
    const [value, other] = given.getAll(name);
    if (other !== undefined || value === "") throw wrong(`${name} needs one value`, "Write it once, with its value.");
    return value;
  });
  return readExportWords({ path, format, parts, owner, mode, password, passwordFile });
}

function passwordOf({ password, passwordFile }: ExportWords): ExportRequest["password"] {
  if (password === undefined) {
    if (passwordFile === undefined) return undefined;
    if (isAbsolute(passwordFile)) return { firstLineOf: passwordFile };
    const message = `${JSON.stringify(passwordFile)} is not an absolute path`;
    throw wrong(message, "Write the whole path of the password's file.");
  }
  if (passwordFile !== undefined) throw wrong("two passwords are given", "Keep one of them.");
  const [, kind, rest = ""] = /^(env|file|config):(.+)$/s.exec(password) ?? [];
  if (kind === "env" && /^[A-Za-z_]\w*$/.test(rest)) return { env: rest };
  if (kind === "file" && isAbsolute(rest)) return { file: rest };
  if (kind === "config") return { config: rest };
  // Not shown: somebody may have put the password itself here.
  throw wrong("the password must not stand there itself", "Write env:NAME or file:/path, where it is.");
}

function partsOf(format: ExportFormat, text: string | undefined): readonly PemPart[] {
  if (text === undefined) return usualOrder;
  if (format !== "pem")
    throw wrong(`parts have no meaning with ${format}`, "Leave them out, or choose the format pem.");
  const words = text.split(",").flatMap((word) => (word === "fullchain" ? ["leaf", "chain"] : [word.trim()]));
  const parts = words.map((word) => {
    const part = pemParts.find((known) => known === word);
    if (part === undefined)
      throw wrong(`${JSON.stringify(word)} is no part`, `Parts: ${pemParts.join(", ")}, fullchain.`);
    return part;
  });
  if (new Set(parts).size !== parts.length) throw wrong("a part is named twice", "Name each once.");
  return parts;
}

function modeOf(text: string, isClear: boolean): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : -1;
  if (mode < 0 || (mode & 0o400) === 0 || (mode & 0o113) !== 0)
    throw wrong(`the mode ${text} cannot be`, "Write it in octal, without execute and without write for all: 0640.");
  if (isClear && (mode & 0o007) !== 0)
    throw wrong(`the mode ${text} lets every user read the private key`, "Take 0600, or 0640 with --owner root:group.");
  return mode;
}

function wrong(message: string, hint: string): Error {
  return exportError("EXPORT_ADDRESS", message, { hint });
}
