import { defineProvider, path, quote, type TxtRecordSet, unquote } from "@certwright/provider";

export default defineProvider({
  id: "gandiv5",
  name: "Gandi",
  aliases: ["gandi-livedns"],
  website: "https://www.gandi.net",
  docs: "https://api.gandi.net/docs/livedns/",
  endpoint: "https://api.gandi.net/v5/livedns",
  options: {
    token: {
      description: "Personal access token",
      env: ["GANDIV5_PERSONAL_ACCESS_TOKEN", "GANDI_LIVEDNS_TOKEN"],
      secret: true,
      optional: true,
    },
    apiKey: {
      description: "API key of the old kind, which Gandi is giving up",
      env: ["GANDIV5_API_KEY", "GANDI_LIVEDNS_KEY"],
      secret: true,
      optional: true,
    },
  },
  oneOf: [["token"], ["apiKey"]],
  traits: { granularity: "recordSet", concurrency: "name", minTtl: 300, propagation: 1200 },
  permissions: "A personal access token limited to the domain that may see it and manage its technical configuration.",
  tested: { by: "contract", against: "https://api.gandi.net/docs/livedns/", on: "2026-11-24" },
  create({ token, apiKey }, { http }) {
    const api = http({ headers: { authorization: token === undefined ? `Apikey ${apiKey}` : `Bearer ${token}` } });
    const pathOf = ({ zone, name }: TxtRecordSet) => path`/domains/${zone.name}/records/${name}/TXT`;
    return {
      async *zones() {
        const domains = api.pages("/domains", {
          query: { per_page: 100 },
          items: (reply) => reply.list(),
          next: ({ page, count }) => (count === 100 ? { page: page + 1 } : undefined),
        });
        for await (const domain of domains) yield domain.text("fqdn");
      },
      async get(set) {
        const found = await api.get(pathOf(set), { absent: { rrset_values: [] } });
        return found.list("rrset_values").map((value) => unquote(value.text()));
      },
      async set(set, values) {
        if (values.length === 0) await api.delete(pathOf(set), { absent: null });
        else await api.put(pathOf(set), { rrset_ttl: set.ttl, rrset_values: values.map(quote) });
      },
    };
  },
});
