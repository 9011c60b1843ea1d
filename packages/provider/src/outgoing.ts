import { acceptOf, encodeBody } from "./body.ts";
import { ProviderError } from "./errors.ts";
import type { CallOptions, HttpOptions, OutgoingRequest } from "./http.ts";
import type { HttpWorld } from "./http-world.ts";
import { credentialNames } from "./status-error.ts";

/** What one call may change, and its body. */
export type Call = CallOptions & { readonly body?: unknown };

/** What one try is made of. */
export interface Ingredients {
  readonly method: string;
  readonly url: URL;
  readonly call: Call;
  /** Whether the token of `bearer` was refused and a new one is needed. */
  readonly renew: boolean;
}

/** The request of one try: body, headers, credential, signature. */
export async function prepare(
  world: HttpWorld,
  options: HttpOptions,
  { method, url, call, renew }: Ingredients,
): Promise<OutgoingRequest> {
  const body = encodeBody(call.body, call.send ?? options.send ?? "json");
  const headers: Record<string, string> = {
    accept: acceptOf(call.read ?? options.read),
    "user-agent": "certwright",
    ...(body === undefined ? {} : { "content-type": body.type }),
    ...(await authorization(world, options, renew)),
    ...lowerCase(options.headers),
    ...lowerCase(call.headers),
  };
  const request: OutgoingRequest = { method, url, headers, body: body?.text };
  if (options.sign === undefined) return request;
  const signed = await options.sign(request);
  world.allow(signed.url);
  for (const [name, value] of Object.entries(signed.headers))
    if (/auth|token|secret|key|cookie/i.test(name)) world.mask.add(value.replace(/^\w+ /, ""));
  return signed;
}

async function authorization(
  world: HttpWorld,
  { basic, bearer }: HttpOptions,
  renew: boolean,
): Promise<Record<string, string>> {
  if (basic !== undefined)
    return { authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`, "utf8").toString("base64")}` };
  if (bearer === undefined) return {};
  const token = typeof bearer === "string" ? bearer : await bearer(renew);
  world.mask.add(token);
  return { authorization: `Bearer ${token}` };
}

/** The secrets a client is set up with. */
export function credentialsOf({ basic, bearer }: HttpOptions): string[] {
  if (basic !== undefined) return [basic.password, `${basic.user}:${basic.password}`];
  return typeof bearer === "string" ? [bearer] : [];
}

function lowerCase(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The same for `fetch`. @throws ProviderError `PROVIDER_INVALID` for a header no request can carry. */
export function initOf(
  { method, headers, body }: OutgoingRequest,
  { options }: Pick<HttpWorld, "options">,
): RequestInit {
  const checked = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    try {
      checked.set(name, value);
    } catch {
      // The cause would show the value.
      throw new ProviderError("PROVIDER_INVALID", `the header ${name} would hold a character that no header can`, {
        hint: `Check ${credentialNames(options)} for line breaks, quotes and other signs that came with copying.`,
      });
    }
  }
  return { method, headers: checked, ...(body === undefined ? {} : { body }) };
}
