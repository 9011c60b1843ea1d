import type { HttpClient } from "./http.ts";
import type { Reply } from "./reply.ts";

/** A token and for how many seconds it is good. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresIn: number;
}

/** For `bearer` of a client: the token, a new one with `renew`. */
export type TokenSource = (renew?: boolean) => Promise<string>;

/** Seconds before its end at which a token is replaced, so that none ends on the way. */
const margin = 60;

/** Keeps one token for as long as it is good; many who need one at once wait for the same request. */
export function cachedToken(issue: () => Promise<IssuedToken>, now: () => number): TokenSource {
  let good: { readonly token: string; readonly until: number } | undefined;
  let pending: Promise<string> | undefined;
  const fetchToken = async (): Promise<string> => {
    const asked = now();
    const { token, expiresIn } = await issue();
    good = { token, until: asked + Math.max(expiresIn - margin, expiresIn / 2) * 1000 };
    return token;
  };
  return async (renew = false) => {
    if (!renew && pending === undefined && good !== undefined && now() < good.until) return good.token;
    pending ??= fetchToken().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

/** How to ask for a token. */
export interface TokenRequest {
  /** Path or URL of the token endpoint; its host must be declared. */
  readonly path: string;
  /** `ctx.now`. */
  readonly now: () => number;
  readonly scope?: string;
  /** Further fields of the form: `audience`, `resource`. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** Tokens by OAuth 2.0 client credentials (RFC 6749 section 4.4). */
export function clientCredentials(
  client: HttpClient,
  request: TokenRequest & {
    readonly clientId: string;
    readonly clientSecret: string;
    /** Where the credential goes (RFC 6749 section 2.3.1). Default `body`. */
    readonly sendIn?: "body" | "basic";
  },
): TokenSource {
  const { clientId, clientSecret, sendIn = "body" } = request;
  const credential = Buffer.from(
    `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`,
    "utf8",
  ).toString("base64");
  return cachedToken(async () => {
    const inBody = sendIn === "body" ? { client_id: clientId, client_secret: clientSecret } : {};
    const form = { grant_type: "client_credentials", ...inBody, scope: request.scope, ...request.fields };
    const headers = sendIn === "basic" ? { authorization: `Basic ${credential}` } : {};
    return issued(await client.post(request.path, form, { send: "form", read: "json", headers }));
  }, request.now);
}

/** Tokens for an assertion signed with a key of one's own (RFC 7523 section 2.1), as service accounts have it. */
export function jwtBearer(
  client: HttpClient,
  request: TokenRequest & { readonly assertion: () => string },
): TokenSource {
  return cachedToken(async () => {
    const form = {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: request.assertion(),
      scope: request.scope,
      ...request.fields,
    };
    return issued(await client.post(request.path, form, { send: "form", read: "json" }));
  }, request.now);
}

/** Reads a token answer (RFC 6749 section 5.1); a lifetime left out counts as five minutes. */
function issued(reply: Reply): IssuedToken {
  return { token: reply.text("access_token"), expiresIn: reply.maybe("expires_in")?.number() ?? 300 };
}
