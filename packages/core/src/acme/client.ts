import type { KeyObject } from "node:crypto";
import { CertwrightError } from "@certwright/provider";
import { badAnswer, type JsonObject } from "./answer.ts";
import type { Directory, DirectoryResource } from "./directory.ts";
import { jsonOf } from "./failure.ts";
import { type Link, parseLinks } from "./link.ts";
import { parseRetryAfter } from "./retry-after.ts";
import {
  atResource,
  attempt,
  openSession,
  ownDirectory,
  pause,
  readClockAhead,
  type Session,
  type SessionOptions,
  send,
} from "./session.ts";
import { createSigner, type Signer } from "./signer.ts";
import type { AcmeTime } from "./time.ts";
import type { TransportResponse } from "./transport.ts";
import { assertOwnUrl, parseUrl } from "./url.ts";

/** A successful answer of a CA. */
export interface AcmeAnswer {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** The body as a JSON object. @throws AcmeProblem `ACME_NOT_ACME`. */
  json(): JsonObject;
  /** The `Location` field, which must be there, be https and be on one of the CA's own hosts. */
  location(): string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  readonly links: readonly Link[];
}

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of one request. */
export interface RequestOptions extends CallOptions {
  /**
   * False where carrying the request out twice would do harm: it is then not sent again after a failure that leaves
   * open whether it arrived. Default: true.
   */
  readonly repeatable?: boolean;
  /** Tries, in place of the client's own policy. */
  readonly attempts?: number;
  readonly accept?: string;
  /** Sign with the public key in place of the account URL, as `newAccount` needs it. */
  readonly withPublicKey?: boolean;
}

/**
 * The seam to one CA: signed requests with all that keeps them alive (nonces, retries, time limits, the host check),
 * so that the objects of RFC 8555 above it are plain functions. Safe for use by many callers at once.
 *
 * Every method throws AcmeProblem for a refusal, AcmeNetworkError where no answer came, `ACME_INSECURE_URL` and
 * `ACME_FOREIGN_URL` for URLs it will not touch, and the signal's reason.
 */
export interface AcmeClient {
  readonly directoryUrl: string;
  readonly accountUrl: string | undefined;
  /** RFC 7638 thumbprint of the account key, base64url. */
  readonly thumbprint: string;
  readonly signer: Signer;
  readonly time: AcmeTime;
  directory(options?: CallOptions): Promise<Directory>;
  /** Signed POST. */
  post(url: string, payload: object, options?: RequestOptions): Promise<AcmeAnswer>;
  /** Signed POST with an empty payload (RFC 8555 section 6.3). */
  postAsGet(url: string, options?: RequestOptions): Promise<AcmeAnswer>;
  /**
   * Signed POST to a resource of the directory. Where a kept directory turns out to be out of date, it is fetched
   * anew and the request sent once more. `payload` may depend on the resource's URL, as inner signatures do.
   *
   * @throws `ACME_NOT_SUPPORTED` where the directory lacks the resource.
   */
  postTo(
    resource: DirectoryResource,
    payload: object | ((url: string) => object),
    options?: RequestOptions,
  ): Promise<AcmeAnswer>;
  /** Plain GET, unsigned: renewal info only. */
  get(url: string, options?: RequestOptions): Promise<AcmeAnswer>;
  /**
   * Milliseconds the CA's clock is ahead of ours, by its last answer; where there was none lately a nonce is asked for, which
   * costs nothing, since the next request needs it. Undefined where the CA does not tell the time, or does not answer.
   */
  clockAhead(options?: CallOptions): Promise<number | undefined>;
  /** Tells the caller of the client that a wait begins, and waits. */
  wait(reason: string, seconds: number, signal?: AbortSignal): Promise<void>;
  /** The same connections, nonces and directory for this account. */
  withAccount(accountUrl: string): AcmeClient;
  /** The same connections, nonces and directory with another key: after a key change, or to revoke by certificate key. */
  withKey(key: KeyObject, accountUrl?: string): AcmeClient;
  /** Closes idle connections, of every client derived from this one. */
  close(): void;
}

/** How to reach one CA, and as whom. */
export interface AcmeClientOptions extends SessionOptions {
  /** The account's private key, EC or RSA. */
  readonly accountKey: KeyObject;
  /** Known from an earlier run; else see `createAccount` and `findAccount`. */
  readonly accountUrl?: string;
}

/**
 * Opens a client for one CA. Nothing is sent until it is used.
 *
 * @throws `ACME_INSECURE_URL`, `ACME_BAD_ANSWER` for the directory URL.
 */
export function createAcmeClient(options: AcmeClientOptions): AcmeClient {
  return clientOn(openSession(options), createSigner(options.accountKey), options.accountUrl);
}

function clientOn(session: Session, signer: Signer, accountUrl: string | undefined): AcmeClient {
  const signed = async (url: string, payload: object | null, options: RequestOptions = {}): Promise<AcmeAnswer> => {
    const { accept, signal } = options;
    const kid = options.withPublicKey ? undefined : needAccount(accountUrl);
    const target = await ownUrl(session, url, signal);
    const once = (nonce: string): Promise<TransportResponse> => {
      const body = JSON.stringify(signer.sign(target.href, payload, kid === undefined ? { nonce } : { nonce, kid }));
      return send(session, { method: "POST", url: target, body, accept, signal });
    };
    return answerOf(session, await attempt(session, options, () => session.nonces.use(once, signal)));
  };
  return {
    directoryUrl: session.directoryUrl,
    accountUrl,
    thumbprint: signer.thumbprint,
    signer,
    time: session.time,
    directory: (options = {}) => ownDirectory(session, options.signal),
    post: signed,
    postAsGet: (url, options) => signed(url, null, options),
    postTo: (resource, payload, options) =>
      atResource(session, resource, options?.signal, (url) =>
        signed(url, typeof payload === "function" ? payload(url) : payload, options),
      ),
    get: async (url, options = {}) => {
      const { accept, signal } = options;
      const target = await ownUrl(session, url, signal);
      return answerOf(
        session,
        await attempt(session, options, () => send(session, { method: "GET", url: target, accept, signal })),
      );
    },
    clockAhead: (options = {}) => readClockAhead(session, options.signal),
    wait: (reason, seconds, signal) => pause(session, reason, seconds, signal),
    withAccount: (url) => clientOn(session, signer, url),
    withKey: (key, url) => clientOn(session, createSigner(key), url),
    close: () => session.transport.close(),
  };
}

async function ownUrl(session: Session, url: string, signal: AbortSignal | undefined): Promise<URL> {
  await ownDirectory(session, signal);
  const target = parseUrl(url, "URL to ask");
  assertOwnUrl(target, session.origins);
  return target;
}

function needAccount(accountUrl: string | undefined): string {
  if (accountUrl !== undefined) return accountUrl;
  throw new CertwrightError("ACME_ACCOUNT_NEEDED", "There is no account at this CA yet", {
    hint: "Register an account first, or find the one that belongs to the key.",
  });
}

function answerOf(session: Session, response: TransportResponse): AcmeAnswer {
  return {
    url: response.url.href,
    status: response.status,
    text: response.body,
    json: () => jsonOf(response),
    location: () => {
      const { location } = response.headers;
      if (location === undefined) throw badAnswer("answer", "has no Location");
      const url = parseUrl(location, "CA's Location", response.url.href);
      assertOwnUrl(url, session.origins);
      return url.href;
    },
    retryAfter: parseRetryAfter(response.headers["retry-after"], session.time.now()),
    links: parseLinks(response.headers.link),
  };
}
