import type { Identifier } from "../identifier.ts";
import { badAnswer, readArray, readOptionalDate, readOptionalString, readString, readWord } from "./answer.ts";
import { readIdentifier } from "./authorization.ts";
import type { AcmeAnswer, AcmeClient, CallOptions } from "./client.ts";
import { AcmeNetworkError } from "./network-error.ts";
import { AcmeProblem, isProblem, type ProblemDocument, parseProblem } from "./problem.ts";
import { parseUrl } from "./url.ts";

/** The states of an order (RFC 8555 section 7.1.6). */
export type OrderStatus = "pending" | "ready" | "processing" | "valid" | "invalid";

/** An order (RFC 8555 section 7.1.3). */
export interface Order {
  readonly url: string;
  readonly status: OrderStatus;
  /** In the CA's order, which need not be the one asked in. */
  readonly identifiers: readonly Identifier[];
  /** URLs; not in the order of the identifiers. */
  readonly authorizations: readonly string[];
  readonly finalize: string;
  /** URL of the certificate, once valid. */
  readonly certificate?: string;
  readonly expires?: Date;
  readonly profile?: string;
  readonly replaces?: string;
  readonly error?: ProblemDocument;
  /** Seconds the CA asks to wait before looking again. */
  readonly retryAfter?: number;
}

/** What to order. */
export interface NewOrder {
  readonly identifiers: readonly Identifier[];
  /** One of the directory's profiles (draft-ietf-acme-profiles). */
  readonly profile?: string | undefined;
  /** The renewal-info id of the certificate this one follows (RFC 9773 section 5). */
  readonly replaces?: string | undefined;
}

/** An order just made. */
export interface CreatedOrder extends Order {
  /** Why the CA refused `replaces`, where the order was made without it at the second try. */
  readonly replacesRefused?: AcmeProblem;
}

interface OrderOptions extends CallOptions {
  /** Asked before it is ordered once more without `replaces`; throws where it may not be. */
  readonly mayOrderAgain?: (() => Promise<void>) | undefined;
}

/**
 * Orders a certificate. Where the CA refuses `replaces`, it is ordered once more without it, since a lost exemption
 * from rate limits is better than no certificate.
 *
 * @throws `ACME_INVALID_PROFILE` before asking, where the directory lists profiles and not this one; AcmeProblem.
 */
export async function createOrder(
  client: AcmeClient,
  order: NewOrder,
  options: OrderOptions = {},
): Promise<CreatedOrder> {
  if (order.profile !== undefined) await assertProfile(client, order.profile, options);
  if (order.replaces === undefined) return placeOrder(client, order, options);
  try {
    return await placeOrder(client, order, options);
  } catch (error) {
    if (!mayRefuseReplaces(error)) throw error;
    await options.mayOrderAgain?.();
    return { ...(await placeOrder(client, { ...order, replaces: undefined }, options)), replacesRefused: error };
  }
}

/** Fetches an order. */
export async function getOrder(client: AcmeClient, url: string, { signal }: CallOptions = {}): Promise<Order> {
  return parseOrder(await client.postAsGet(url, { signal }), url);
}

/**
 * Sends the CSR of an order that is ready (RFC 8555 section 7.4). Never sent twice blindly: where the answer is lost, or
 * the CA says that the order is past this state, the order itself is looked at.
 *
 * @param csr DER.
 * @returns the order, `processing` or `valid`; see `waitForOrder`.
 */
export async function finalizeOrder(
  client: AcmeClient,
  order: Order,
  csr: Uint8Array,
  { signal }: CallOptions = {},
): Promise<Order> {
  const payload = { csr: Buffer.from(csr).toString("base64url") };
  const send = async (): Promise<Order> =>
    parseOrder(await client.post(order.finalize, payload, { signal, repeatable: false }), order.url);
  try {
    return await send();
  } catch (error) {
    const lost = error instanceof AcmeNetworkError && error.uncertain;
    if (!lost && !isProblem(error, "orderNotReady")) throw error;
    const now = await getOrder(client, order.url, { signal });
    if (now.status === "processing" || now.status === "valid") return now;
    if (now.status === "ready" && lost) return send();
    throw error;
  }
}

/** Reads an order object. @throws `ACME_BAD_ANSWER`, `ACME_INSECURE_URL`. */
export function parseOrder(answer: AcmeAnswer, url: string): Order {
  const what = "order";
  const fields = answer.json();
  const certificate = readOptionalString(fields, "certificate", what);
  const expires = readOptionalDate(fields, "expires", what);
  const profile = readOptionalString(fields, "profile", what, 200);
  const replaces = readOptionalString(fields, "replaces", what, 200);
  return {
    url,
    status: readWord(fields, "status", what, ["pending", "ready", "processing", "valid", "invalid"]),
    identifiers: readArray(fields, "identifiers", what, 1000).map((each) => readIdentifier(each, what)),
    authorizations: readArray(fields, "authorizations", what, 1000).map((each) => readUrl(each)),
    finalize: parseUrl(readString(fields, "finalize", what), "order's finalize URL").href,
    ...(certificate === undefined ? {} : { certificate: parseUrl(certificate, "order's certificate URL").href }),
    ...(expires === undefined ? {} : { expires }),
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(fields.error === undefined || fields.error === null ? {} : { error: parseProblem(fields.error) }),
    ...(answer.retryAfter === undefined ? {} : { retryAfter: answer.retryAfter }),
  };
}

async function placeOrder(
  client: AcmeClient,
  { identifiers, profile, replaces }: NewOrder,
  { signal }: CallOptions,
): Promise<Order> {
  const wanted = identifiers.map(({ type, value }) => ({ type, value }));
  const payload = {
    identifiers: wanted,
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
  };
  const answer = await client.postTo("newOrder", payload, { signal });
  const order = parseOrder(answer, answer.location());
  const names = new Set(wanted.map(({ value }) => value.toLowerCase()));
  const ordered = new Set(order.identifiers.map(({ value }) => value));
  if (names.size !== ordered.size || [...names].some((name) => !ordered.has(name)))
    throw badAnswer("order", "is for other names than asked");
  return order;
}

function readUrl(value: unknown): string {
  if (typeof value !== "string") throw badAnswer("order", "has an authorization that is no URL");
  return parseUrl(value, "order's authorization URL").href;
}

async function assertProfile(client: AcmeClient, profile: string, { signal }: CallOptions): Promise<void> {
  const { meta } = await client.directory({ signal });
  if (meta.profiles.has(profile)) return;
  const offered = [...meta.profiles.keys()];
  const detail = `The CA offers no profile "${profile}"`;
  const hint =
    offered.length === 0 ? "Leave the profile out: this CA has none." : `Choose one of: ${offered.join(", ")}.`;
  throw new AcmeProblem(
    { type: "urn:ietf:params:acme:error:invalidProfile", detail, subproblems: [] },
    { url: client.directoryUrl, hint },
  );
}

// Boulder answers alreadyReplaced, malformed or 404; others word it in their own ways, Pebble as a fault of its own where it
// does not find the order of before. Refusals that have nothing to do with `replaces` are not worth a second order.
function mayRefuseReplaces(error: unknown): error is AcmeProblem {
  if (error instanceof AcmeProblem && error.status === 500) return /replac|given certificate/i.test(error.message);
  if (!(error instanceof AcmeProblem) || error.status === undefined || error.status >= 500 || error.status === 429)
    return false;
  const codes = ["ACME_ALREADY_REPLACED", "ACME_MALFORMED", "ACME_UNAUTHORIZED", "ACME_PROBLEM"];
  return codes.includes(error.code) || error.status === 404 || error.status === 409;
}
