import { defineProvider, ProviderError, path, type ZoneName } from "@certwright/provider";

export default defineProvider({
  id: "gehirn",
  name: "Gehirn DNS",
  website: "https://www.gehirn.jp/dns/",
  docs: "https://support.gehirn.jp/apidocs/dns/records.html",
  endpoint: "https://api.gis.gehirn.jp/dns/v1",
  options: {
    tokenId: { description: "Token of the API key", env: ["GEHIRN_TOKEN_ID"], secret: true },
    tokenSecret: { description: "Secret of the API key", env: ["GEHIRN_TOKEN_SECRET"], secret: true },
  },
  traits: { granularity: "recordSet", concurrency: "zone", minTtl: 30 },
  permissions: "An API key with full access to the one zone, and to read the list of zones.",
  tested: { by: "contract", against: "https://support.gehirn.jp/apidocs/dns/records.html", on: "2026-11-24" },
  create({ tokenId, tokenSecret }, { http }) {
    const api = http({ basic: { user: tokenId, password: tokenSecret } });

    /**
     * Of a zone's versions the current one is live; record sets are named in it by name and type
     * (https://support.gehirn.jp/information/2023/05/26/3032).
     */
    async function setOf({ zone, fqdn }: ZoneName): Promise<string> {
      const version = (await api.get(path`/zones/${zone.id}`)).id("current_version_id");
      return path`/zones/${zone.id}/versions/${version}/records/${`${fqdn}.`}/IN/TXT`;
    }

    return {
      async zones() {
        const zones = (await api.get("/zones")).list();
        return zones.map((zone) => ({ name: zone.text("name"), id: zone.id("id") }));
      },
      async get(name) {
        const set = await api.get(await setOf(name), { absent: {} });
        if (set.maybe("enable_alias")?.flag())
          throw new ProviderError("PROVIDER_CONFLICT", `${name.fqdn} is an alias at Gehirn, which holds no values`, {
            hint: "Replace the alias by a record of its own, or point the name elsewhere with a CNAME.",
            retryable: false,
          });
        return set.listOrNone("records").map((record) => record.text("data"));
      },
      async set(name, values) {
        const to = await setOf(name);
        const records = values.map((data) => ({ data }));
        if (records.length === 0) await api.delete(to, { absent: null });
        else await api.put(to, { name: `${name.fqdn}.`, type: "TXT", ttl: name.ttl, enable_alias: false, records });
      },
    };
  },
});
