import { defineProvider, ProviderError, type TxtRecord } from "@certwright/provider";

/** The domain a name belongs to: `myhome.duckdns.org`, however deep the name and whatever the zone the DNS reports. */
function domainOf({ zone, name }: TxtRecord): string {
  return zone.name === "duckdns.org" ? `${name.split(".").at(-1)}.${zone.name}` : zone.name;
}

/** Values by domain; each domain can take one. */
function byDomain(records: readonly TxtRecord[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const record of records) {
    const domain = domainOf(record);
    if ((values.get(domain) ?? record.value) !== record.value)
      throw new ProviderError("PROVIDER_QUOTA", `Duck DNS takes one TXT value for all names of ${domain}`, {
        hint: `Ask for *.${domain} instead of several names below it, or for one certificate after the other.`,
      });
    values.set(domain, record.value);
  }
  return values;
}

export default defineProvider({
  id: "duckdns",
  name: "Duck DNS",
  website: "https://www.duckdns.org",
  docs: "https://www.duckdns.org/spec.jsp",
  endpoint: "https://www.duckdns.org",
  options: { token: { description: "Token of the account", env: ["DUCKDNS_TOKEN", "DuckDNS_Token"], secret: true } },
  traits: {
    granularity: "record",
    concurrency: "serial",
    maxValues: 1,
    limits: {
      foreignValues: "Duck DNS shows no values: the one that is there is replaced, and removed in the end.",
      separateNames: "Duck DNS shows the value of a domain at every name in it.",
    },
  },
  permissions: "The account's token, which cannot be limited.",
  tested: { by: "contract", against: "https://www.duckdns.org/spec.jsp", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ query: { token }, read: "text" });
    async function update(domains: string, change: { readonly txt: string; readonly clear: boolean }): Promise<void> {
      const words = (await api.get("/update", { query: { domains, ...change } })).text().trim();
      if (words === "OK") return;
      if (words !== "KO")
        throw new ProviderError("PROVIDER_BAD_ANSWER", "Duck DNS answered neither OK nor KO", {
          hint: "Something between here and Duck DNS may have answered instead; check the endpoint.",
        });
      throw new ProviderError("PROVIDER_FORBIDDEN", `Duck DNS refuses to change ${domains}`, {
        hint: "Check the token (DUCKDNS_TOKEN), and that the domain is in its account; Duck DNS does not say which it is.",
      });
    }
    async function addAll(records: readonly TxtRecord[]): Promise<void> {
      for (const [domain, txt] of byDomain(records)) await update(domain, { txt, clear: false });
    }
    async function removeAll(records: readonly TxtRecord[]): Promise<void> {
      for (const domain of new Set(records.map(domainOf))) await update(domain, { txt: "", clear: true });
    }
    return {
      add: (record) => addAll([record]),
      remove: (record) => removeAll([record]),
      addAll: (_zone, records) => addAll(records),
      removeAll: (_zone, records) => removeAll(records),
    };
  },
});
