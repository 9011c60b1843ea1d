import type { Refusal } from "./refusal.ts";

/** What a route answers. Build it with {@link answer}, {@link text} or {@link xml}; any other value is sent as JSON with 200. */
export class Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: string, headers: Readonly<Record<string, string>>) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** An answer with a status; the body is sent as JSON, and not at all when it is left out. */
export function answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  if (body === undefined) return new Answer(status, "", headers);
  return new Answer(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

/** A plain text answer. */
export function text(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return new Answer(status, body, { "content-type": "text/plain; charset=utf-8", ...headers });
}

/** An XML answer; put values in with `escapeXml`. */
export function xml(body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return new Answer(status, body, { "content-type": "application/xml; charset=utf-8", ...headers });
}

/** A web page where an API answer belongs: what maintenance pages and captive proxies send. */
export function html(body: string, status = 200): Answer {
  return new Answer(status, body, { "content-type": "text/html; charset=utf-8" });
}

/** Whatever a route returned, as an answer: nothing is 204, an {@link Answer} itself, the rest JSON. */
export function toAnswer(result: unknown): Answer {
  if (result instanceof Answer) return result;
  return result === undefined ? answer(204) : answer(200, result);
}

/** How a refusal looks where the API's own way is not declared. */
export function plainRefusal({ status, message }: Refusal): Answer {
  return answer(status, { message });
}
