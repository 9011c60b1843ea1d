import { ProviderError } from "@certwright/provider";

/** A credential of EdgeGrid. */
export interface EdgeGridKey {
  /** The API client's own host: `akab-….luna.akamaiapis.net`. */
  readonly host: string;
  readonly clientToken: string;
  readonly clientSecret: string;
  readonly accessToken: string;
}

/**
 * Reads one section of an `.edgerc` file (https://techdocs.akamai.com/developer/docs/edgegrid).
 *
 * @throws ProviderError `PROVIDER_AUTH` where the section or one of its four values is missing.
 */
export function readEdgerc(text: string, section: string): EdgeGridKey {
  let current = "";
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    const [, key = "", value = ""] = /^\s*([a-z_]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (header !== undefined) current = header.trim();
    else if (current === section && key !== "") values.set(key, value);
  }
  const need = (key: string): string => {
    const value = values.get(key);
    if (value !== undefined && value !== "") return value;
    throw new ProviderError("PROVIDER_AUTH", `the section ${section} of the .edgerc file has no ${key}`, {
      hint: "Check AKAMAI_EDGERC and AKAMAI_EDGERC_SECTION.",
    });
  };
  return {
    host: need("host")
      .replace(/^https:\/\//, "")
      .replace(/\/$/, ""),
    clientToken: need("client_token"),
    clientSecret: need("client_secret"),
    accessToken: need("access_token"),
  };
}
