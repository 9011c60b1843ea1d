import { ProviderError } from "./errors.ts";
import type { Query } from "./http.ts";

/**
 * A path with every value in it encoded as one segment: ``path`/zones/${zone.id}/records/${id}` ``.
 *
 * Use it wherever a value comes from elsewhere: a `/`, a `?` or a `..` in it stays part of that segment.
 */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.map((part, index) => (index === 0 ? part : `${segment(String(values[index - 1]))}${part}`)).join("");
}

function segment(value: string): string {
  const encoded = encodeURIComponent(value);
  // A dot segment is resolved away however it is encoded, so no encoding can make it a name.
  if (encoded === "." || encoded === "..")
    throw new ProviderError("PROVIDER_INVALID", `"${value}" cannot be part of a URL's path`);
  return encoded;
}

/**
 * The URL of a call: `to` appended to the base's path, or taken as it is when it is a whole URL; queries of the base,
 * of `to` and of the call are joined, the later ones winning.
 */
export function callUrl(base: string, to: string, ...queries: readonly (Query | undefined)[]): URL {
  const url = /^https?:\/\//i.test(to) ? parsed(to) : appended(parsed(base), to);
  for (const query of queries) setQuery(url, query);
  return url;
}

/** Sets the parameters of a query; undefined ones are left out. */
function setQuery(url: URL, query: Query | undefined): void {
  for (const [key, value] of Object.entries(query ?? {}))
    if (value !== undefined) url.searchParams.set(key, String(value));
}

function appended(base: URL, to: string): URL {
  const [, pathname = "", search = ""] = /^([^?#]*)(?:\?([^#]*))?/.exec(to) ?? [];
  if (pathname.split(/[/\\]/).some((part) => /^(\.|%2e){1,2}$/i.test(part)))
    throw new ProviderError("PROVIDER_INVALID", "a path of the API must not hold a dot segment");
  if (pathname !== "") base.pathname = `${base.pathname.replace(/\/$/, "")}/${pathname.replace(/^\//, "")}`;
  for (const [key, value] of new URLSearchParams(search)) base.searchParams.append(key, value);
  return base;
}

function parsed(text: string): URL {
  if (!URL.canParse(text))
    throw new ProviderError("PROVIDER_INVALID", "the API's address is not a URL", {
      hint: "Check the endpoint option.",
    });
  return new URL(text);
}
