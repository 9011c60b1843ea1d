import { ProviderError } from "./errors.ts";
import type { CallOptions, HttpClient, Query } from "./http.ts";
import type { HttpAnswer } from "./interpret.ts";
import type { Reply } from "./reply.ts";

const mostPages = 1000;

type Paging = Parameters<HttpClient["pages"]>[1];

/** Follows paging to its end; one that never ends, or comes back to where it was, is an error and never a short list. */
export async function* followPages(
  request: (method: string, to: string, call: CallOptions) => Promise<HttpAnswer>,
  start: string,
  { items, next, ...call }: Paging,
): AsyncGenerator<Reply> {
  const seen = new Set<string>();
  let to = start;
  let query: Query = call.query ?? {};
  for (let page = 1; ; page++) {
    const here = JSON.stringify([to, query]);
    if (page > mostPages || seen.has(here))
      throw new ProviderError(
        "PROVIDER_BAD_ANSWER",
        page > mostPages ? "the list has more than 1000 pages" : "the pages of a list go round in a circle",
      );
    seen.add(here);
    const { reply, headers } = await request("GET", to, { ...call, query });
    const found = items(reply);
    yield* found;
    const following = next({ reply, headers, page, count: found.length, link: nextLink(headers.get("link")) });
    if (following === undefined) return;
    if (typeof following === "string") {
      // A whole address carries its query; repeating ours would undo its page number.
      to = following;
      query = {};
    } else query = { ...query, ...following };
  }
}

/** The target of `rel="next"` in a Link header (RFC 8288). */
export function nextLink(header: string | null): string | undefined {
  for (const [, target, parameters = ""] of (header ?? "").matchAll(
    /<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)/g,
  ))
    if (/;\s*rel\s*=\s*(?:"(?:[^"]* )?next(?: [^"]*)?"|next\b)/i.test(parameters)) return target;
  return undefined;
}
