import type { ChallengeType, Identifier } from "../identifier.ts";
import {
  asObject,
  badAnswer,
  type JsonObject,
  readArray,
  readOptionalDate,
  readOptionalString,
  readString,
  readWord,
} from "./answer.ts";
import type { AcmeClient, CallOptions } from "./client.ts";
import { printable } from "./printable.ts";
import { type ProblemDocument, parseProblem } from "./problem.ts";
import { parseUrl } from "./url.ts";

/** One way to prove a name (RFC 8555 section 7.1.5). */
export interface Challenge {
  readonly type: ChallengeType;
  readonly url: string;
  readonly status: "pending" | "processing" | "valid" | "invalid";
  /** Base64url, checked; undefined for `dns-persist-01` only, which has none. */
  readonly token?: string;
  /** `dns-persist-01`: the names by which the record may call the CA. */
  readonly issuerDomainNames?: readonly string[];
  readonly error?: ProblemDocument;
}

/** The CA's demand that one name be proved (RFC 8555 section 7.1.4). */
export interface Authorization {
  readonly url: string;
  /** Without `*.`; see {@link Authorization.wildcard}. */
  readonly identifier: Identifier;
  readonly status: "pending" | "valid" | "invalid" | "deactivated" | "expired" | "revoked";
  readonly expires?: Date;
  readonly wildcard: boolean;
  /** Those of a type known here; of any type, the order means nothing. */
  readonly challenges: readonly Challenge[];
  /** Challenge types offered that are not known here, for messages. */
  readonly otherTypes: readonly string[];
}

const challengeTypes: readonly ChallengeType[] = [
  "dns-01",
  "http-01",
  "tls-alpn-01",
  "dns-account-01",
  "dns-persist-01",
];

/** Fetches one authorization. */
export async function getAuthorization(
  client: AcmeClient,
  url: string,
  { signal }: CallOptions = {},
): Promise<Authorization> {
  return parseAuthorization((await client.postAsGet(url, { signal })).json(), url);
}

/** Fetches the authorizations of an order, side by side as far as nonces allow, in the order given. */
export async function getAuthorizations(
  client: AcmeClient,
  urls: readonly string[],
  options: CallOptions = {},
): Promise<readonly Authorization[]> {
  return Promise.all(urls.map((url) => getAuthorization(client, url, options)));
}

/** Gives up an authorization, pending or valid (RFC 8555 section 7.5.2). */
export async function deactivateAuthorization(
  client: AcmeClient,
  url: string,
  { signal }: CallOptions = {},
): Promise<Authorization> {
  return parseAuthorization((await client.post(url, { status: "deactivated" }, { signal })).json(), url);
}

/** Reads an authorization object. @throws `ACME_BAD_ANSWER`, `ACME_INSECURE_URL`. */
export function parseAuthorization(fields: JsonObject, url: string): Authorization {
  const what = "authorization";
  const expires = readOptionalDate(fields, "expires", what);
  const offered = readArray(fields, "challenges", what, 50).map((each) => asObject(each, "challenge"));
  return {
    url,
    identifier: readIdentifier(fields.identifier, what),
    status: readWord(fields, "status", what, ["pending", "valid", "invalid", "deactivated", "expired", "revoked"]),
    ...(expires === undefined ? {} : { expires }),
    wildcard: fields.wildcard === true,
    challenges: offered.filter(({ type }) => isKnown(type)).map(parseChallenge),
    otherTypes: offered.flatMap(({ type }) =>
      typeof type === "string" && !isKnown(type) ? [printable(type, 64)] : [],
    ),
  };
}

/** Reads a challenge object of a known type. @throws `ACME_BAD_ANSWER`, `ACME_INSECURE_URL`. */
export function parseChallenge(fields: JsonObject): Challenge {
  const what = "challenge";
  const type = readWord(fields, "type", what, challengeTypes);
  const names = readArray(fields, "issuer-domain-names", what, 10, true);
  const needsToken = type !== "dns-persist-01";
  const token = needsToken ? readString(fields, "token", what, 512) : readOptionalString(fields, "token", what, 512);
  // RFC 8555 section 8.1. Tokens end up in paths and records, so nothing else may pass.
  if (token !== undefined && !/^[A-Za-z0-9_-]+$/.test(token)) throw badAnswer(what, "has a token outside base64url");
  return {
    type,
    url: parseUrl(readString(fields, "url", what), "challenge's URL").href,
    status: readWord(fields, "status", what, ["pending", "processing", "valid", "invalid"]),
    ...(token === undefined ? {} : { token }),
    ...(names.length === 0 ? {} : { issuerDomainNames: names.map((name) => readDomainName(name, what)) }),
    ...(fields.error === undefined || fields.error === null ? {} : { error: parseProblem(fields.error) }),
  };
}

/** Reads an identifier object of a type known here. @throws `ACME_BAD_ANSWER`. */
export function readIdentifier(value: unknown, what: string): Identifier {
  const fields = asObject(value, `${what}'s identifier`);
  const type = readWord(fields, "type", `${what}'s identifier`, ["dns", "ip"]);
  const name = readString(fields, "value", `${what}'s identifier`, 260).toLowerCase();
  const fits = type === "dns" ? /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/ : /^[0-9a-f:.]+$/;
  if (!fits.test(name)) throw badAnswer(what, "names something that is neither a host name nor an address");
  return { type, value: name };
}

function readDomainName(value: unknown, what: string): string {
  if (typeof value === "string" && /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,20}$/i.test(value))
    return value.toLowerCase();
  throw badAnswer(what, "has an issuer domain name that is no host name");
}

function isKnown(type: unknown): boolean {
  return challengeTypes.some((known) => known === type);
}
