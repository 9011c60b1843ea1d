import type { DnsBinding } from "@certwright/core";
import { HaproxyError, parseAcmeVars, type SectionSettings } from "@certwright/haproxy";
import { allOptions, type DefinedProvider } from "@certwright/provider";
import type { Surroundings } from "../command.ts";
import { loadProvider } from "../plugins/load-provider.ts";
import { pluginSearch } from "../plugins/search.ts";
import { parseSecretRef, readSecret } from "../secret-ref.ts";
import { openDefined } from "./dns-binding.ts";

/**
 * The provider an `acme` section of HAProxy names by `provider-name`, with the options in its `acme-vars`: each by the
 * option's name or by one of its environment variables, as the value or as `file:/path` or `env:NAME`; besides, `zone`
 * is the zone to write to. What is not there is read from the environment.
 *
 * @throws CertwrightError `HAPROXY_ACME_NO_PROVIDER`, `HAPROXY_ACME_CONFIG`, and as `openDnsBinding`
 */
export async function openAcmeVarsBinding(
  { provider, vars = "" }: SectionSettings,
  surroundings: Surroundings,
): Promise<DnsBinding> {
  if (provider === undefined) {
    throw new HaproxyError("HAPROXY_ACME_NO_PROVIDER", "no DNS provider is named, here or in HAProxy's configuration", {
      hint: 'Add --dns <provider>, or "provider-name" and "acme-vars" to the acme section of HAProxy.',
    });
  }
  const pairs = parseAcmeVars(vars);
  if (pairs === undefined) {
    throw new HaproxyError("HAPROXY_ACME_CONFIG", "acme-vars of HAProxy's configuration is not name=value,name=value", {
      hint: "Put values with a comma in quotes.",
    });
  }
  const definition = await loadProvider(provider, await pluginSearch(surroundings.context.cwd));
  const values: Record<string, string> = {};
  let zone: string | undefined;
  for (const [name, value] of pairs) {
    const option = optionOf(name, definition);
    if (option === undefined && name === "zone") zone = value;
    // Kept from the Data Plane API, which takes it for every provider; records of challenges need none of their own.
    if (option === undefined && (name === "zone" || name === "ttl")) continue;
    const reference = parseSecretRef(value, "/");
    values[option ?? name] = reference === undefined ? value : await readSecret(reference, surroundings);
  }
  const way = { type: "dns-01", provider, ...(zone === undefined ? {} : { zone }) } as const;
  return openDefined(definition, way, values, surroundings);
}

/** The option a variable is meant for, whichever way it is spelled: `apiToken`, `api_token`, `CLOUDFLARE_DNS_API_TOKEN`. */
function optionOf(name: string, definition: DefinedProvider): string | undefined {
  const plain = (text: string) => text.replace(/[_-]/g, "").toLowerCase();
  const found = Object.entries(allOptions(definition)).find(
    ([option, { env }]) => plain(option) === plain(name) || env.includes(name),
  );
  return found?.[0];
}
