import { ProviderError } from "./errors.ts";

/** What a provider may call. */
export interface HostRule {
  /** URLs the person chose (the endpoint, options of type `url`) or the definition has as default: exactly their origins. */
  readonly urls: readonly string[];
  /** Further hosts of the definition: `name`, `*.suffix` or `name:port`; always over https. */
  readonly hosts: readonly string[];
}

/**
 * Makes the check every request passes: an origin among `urls`, or https to one of `hosts`.
 * Plain http is therefore only possible to where the person themselves wrote `http:`.
 *
 * @throws ProviderError (from the function made) `PROVIDER_HOST_NOT_DECLARED`.
 */
export function createHostCheck({ urls, hosts }: HostRule): (url: URL) => void {
  const origins = new Set(urls.flatMap((url) => (URL.canParse(url) ? [new URL(url).origin] : [])));
  return (url) => {
    if (url.username !== "" || url.password !== "")
      throw refusal(`a URL with a user name in it (${url.host})`, "Give credentials as options of their own.");
    if (url.protocol !== "https:" && url.protocol !== "http:") throw refusal(`a ${url.protocol} URL`);
    if (origins.has(url.origin)) return;
    if (url.protocol === "http:")
      throw refusal(`${url.origin} without encryption`, "Write http: in the endpoint option itself if that is meant.");
    if (!hosts.some((host) => matches(url, host)))
      throw refusal(
        `${url.host}, which it does not declare`,
        "If the host is right, it belongs in `hosts` of the provider's definition.",
      );
  };
}

function matches(url: URL, pattern: string): boolean {
  const [host = "", port = ""] = pattern.toLowerCase().split(":");
  if (url.port !== (port === "443" ? "" : port)) return false;
  return host.startsWith("*.")
    ? url.hostname.endsWith(host.slice(1)) && url.hostname.length >= host.length
    : url.hostname === host;
}

function refusal(what: string, hint?: string): ProviderError {
  return new ProviderError(
    "PROVIDER_HOST_NOT_DECLARED",
    `the provider tried to call ${what}`,
    hint === undefined ? {} : { hint },
  );
}
