import { ProviderError } from "@certwright/provider";

/** Base URLs by region, as OVHcloud's own clients name them. */
const endpoints: Readonly<Record<string, string>> = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
  "kimsufi-eu": "https://eu.api.kimsufi.com/1.0",
  "kimsufi-ca": "https://ca.api.kimsufi.com/1.0",
  "soyoustart-eu": "https://eu.api.soyoustart.com/1.0",
  "soyoustart-ca": "https://ca.api.soyoustart.com/1.0",
};

/** Where service accounts get their tokens, by the host of the API. */
const tokenUrls: Readonly<Record<string, string>> = {
  "ca.api.ovh.com": "https://ca.ovh.com/auth/oauth2/token",
  "api.us.ovhcloud.com": "https://us.ovhcloud.com/auth/oauth2/token",
};
const tokenUrl = "https://www.ovh.com/auth/oauth2/token";

/** Every host of the tables above. */
export const hosts: readonly string[] = [
  ...new Set([...Object.values(endpoints), ...Object.values(tokenUrls), tokenUrl].map((url) => new URL(url).host)),
];

/**
 * The API's address: the endpoint, where the person chose one, else that of the region; a region may be an address itself.
 *
 * @throws ProviderError `PROVIDER_INVALID` for an unknown region.
 */
export function endpointOf(region: string, endpoint: string): string {
  if (endpoint !== endpoints["ovh-eu"]) return endpoint;
  const found = URL.canParse(region) ? region : endpoints[region];
  if (found !== undefined) return found;
  throw new ProviderError("PROVIDER_INVALID", `"${region}" is no region of OVHcloud`, {
    hint: `The regions are ${Object.keys(endpoints).join(", ")}.`,
  });
}

/** The address of the token endpoint for an API at `endpoint`. */
export function tokenUrlOf(endpoint: string): string {
  return tokenUrls[new URL(endpoint).host] ?? tokenUrl;
}
