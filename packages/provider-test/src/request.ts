import type { IncomingMessage } from "node:http";
import { demand } from "./refusal.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** A request as routes and `auth` see it. Reading a body the wrong way refuses the request, as a real API would. */
export interface ApiRequest {
  readonly method: string;
  /** As it was sent, without the endpoint's own path and without the query. */
  readonly path: string;
  /** The path and query as they were sent, for APIs that sign them. */
  readonly rawUrl: string;
  /** What the `:names` of the route's pattern matched, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `Authorization: Basic`, decoded. */
  readonly basic: { readonly user: string; readonly password: string } | undefined;
  /** `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  /** The body as it was sent. */
  readonly text: string;
  /** The body as JSON. Refused with 415 without a JSON content type, with 400 when it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test's routes read bodies of every form; types would be noise there.
  readonly json: any;
  /** The body as a form. Refused with 415 without a form content type. */
  readonly form: Readonly<Record<string, string>>;
  /** The body as XML. Refused with 400 when it is not well-formed. */
  readonly xml: XmlElement;
}

/** Makes the request out of what the server received; `params` are filled in by the route. */
export function readRequest(message: IncomingMessage, body: Buffer, path: string): ApiRequest {
  const url = new URL(message.url ?? "/", "http://fake");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  const [scheme = "", credentials = ""] = (headers.authorization ?? "").split(/ (.*)/s);
  const [, user = "", password = ""] =
    Buffer.from(credentials, "base64")
      .toString()
      .match(/^([^:]*):(.*)$/s) ?? [];
  const type = headers["content-type"] ?? "none";
  const text = body.toString("utf8");
  return {
    method: message.method ?? "GET",
    path,
    rawUrl: message.url ?? "/",
    params: {},
    query: Object.fromEntries(url.searchParams),
    headers,
    basic: scheme.toLowerCase() === "basic" ? { user, password } : undefined,
    bearer: scheme.toLowerCase() === "bearer" ? credentials : undefined,
    text,
    get json() {
      demand(/\bjson\b/.test(type), `content type must be JSON, not ${type}`, 415);
      return parseJson(text);
    },
    get form() {
      demand(type.startsWith("application/x-www-form-urlencoded"), `content type must be a form, not ${type}`, 415);
      return Object.fromEntries(new URLSearchParams(text));
    },
    get xml() {
      return parseXml(text);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    demand(false, "the body is not JSON", 400);
  }
}
