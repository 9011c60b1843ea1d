import { createHash, createHmac } from "node:crypto";
import type { OutgoingRequest } from "./http.ts";

/** HMAC of a text as bytes. */
export function hmac(algorithm: "sha1" | "sha256" | "sha512", key: string | Uint8Array, text: string): Buffer {
  return createHmac(algorithm, key).update(text, "utf8").digest();
}

/** SHA-256 of a text (or of nothing, for a request without body) in lower-case hex. */
export function sha256Hex(text: string | Uint8Array = ""): string {
  return createHash("sha256").update(text).digest("hex");
}

/** How the path stands in the canonical request. */
export type CanonicalPath = "plain" | "encodedTwice" | "closingSlash";

/** A request in the canonical form that AWS began and others took over, with the names of the headers in it. */
export interface CanonicalRequest {
  readonly text: string;
  /** `content-type;host;x-date`. */
  readonly signedHeaders: string;
  /** The query in the order and encoding that was signed. */
  readonly query: string;
}

/**
 * Writes the canonical request: method, path, sorted query, chosen headers with `host`, their names, and the hash of the body.
 * `signs` chooses headers by lower-case name; default: `host`, `content-type` and all that begin with `x-`.
 */
export function canonicalRequest(
  { method, url, headers, body }: OutgoingRequest,
  {
    path = "plain",
    signs = signsUsual,
    payloadHash = sha256Hex(body),
  }: {
    readonly path?: CanonicalPath;
    readonly signs?: (header: string) => boolean;
    readonly payloadHash?: string;
  } = {},
): CanonicalRequest {
  const lines = Object.entries({ ...headers, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ {2,}/g, " ")] as const)
    .filter(([name]) => signs(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const signedHeaders = lines.map(([name]) => name).join(";");
  const query = canonicalQuery(url);
  const parts = [
    method,
    canonicalPath(url, path),
    query,
    ...lines.map(([name, value]) => `${name}:${value}`),
    "",
    signedHeaders,
    payloadHash,
  ];
  return { text: parts.join("\n"), signedHeaders, query };
}

const signsUsual = (name: string): boolean => name === "host" || name === "content-type" || name.startsWith("x-");

function canonicalPath({ pathname }: URL, form: CanonicalPath): string {
  const path = pathname
    .split("/")
    .map((segment) => percentEncode(decoded(segment)))
    .join("/");
  if (form === "encodedTwice") return path.split("/").map(percentEncode).join("/");
  return form === "closingSlash" && !path.endsWith("/") ? `${path}/` : path;
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([key, value]) => [percentEncode(key), percentEncode(value)] as const)
    .sort(([aKey, aValue], [bKey, bValue]) => compare(aKey, bKey) || compare(aValue, bValue))
    .map(([key, value]) => `${key}=${value}`)
    .join("&");
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Percent-encodes all but the unreserved characters of RFC 3986 section 2.3. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What the signatures of this family differ in. */
export interface SignatureScheme {
  /** First line of the text that is signed, and first word of the header: `AWS4-HMAC-SHA256`. */
  readonly algorithm: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Headers to add before signing: the time, the hash of the body, a session token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Second line of the text that is signed, where there is one. */
  readonly time?: string;
  /** Third line, joined by `/`, and what the key is derived by, step by step; left out, the secret itself is the key. */
  readonly scope?: readonly string[];
  /** In front of the secret for the derivation: `AWS4`. */
  readonly keyPrefix?: string;
  readonly path?: CanonicalPath;
  readonly signs?: (header: string) => boolean;
  /** SHA-256 in hex of a body that is no text. Default: of the request's body. */
  readonly payloadHash?: string;
  /** What the header calls the access key. Default `Credential`. */
  readonly label?: "Credential" | "Access";
  /** Between the parts of the header. Default `, `. */
  readonly separator?: ", " | ",";
}

/** Signs a request by a scheme of the AWS family: adds its headers and `authorization`, and fixes the query's encoding. */
export function signRequest(request: OutgoingRequest, scheme: SignatureScheme): OutgoingRequest {
  const {
    algorithm,
    accessKey,
    secretKey,
    time,
    scope,
    keyPrefix = "",
    label = "Credential",
    separator = ", ",
  } = scheme;
  const headers = { ...request.headers, ...scheme.headers };
  const canonical = canonicalRequest({ ...request, headers }, scheme);
  const toSign = [
    algorithm,
    ...(time === undefined ? [] : [time]),
    ...(scope === undefined ? [] : [scope.join("/")]),
    sha256Hex(canonical.text),
  ].join("\n");
  const key = (scope ?? []).reduce<Uint8Array>(
    (derived, step) => hmac("sha256", derived, step),
    Buffer.from(`${keyPrefix}${secretKey}`, "utf8"),
  );
  const credential = [accessKey, ...(scope ?? [])].join("/");
  const authorization = [
    `${algorithm} ${label}=${credential}`,
    `SignedHeaders=${canonical.signedHeaders}`,
    `Signature=${hmac("sha256", key, toSign).toString("hex")}`,
  ].join(separator);
  const url = new URL(request.url);
  url.search = canonical.query;
  return { ...request, url, headers: { ...headers, authorization } };
}
