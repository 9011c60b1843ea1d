import { defineProvider, path, quote, sameName, type TxtRecord, unquote } from "@certwright/provider";

export default defineProvider({
  id: "ionos",
  name: "IONOS",
  website: "https://www.ionos.com",
  docs: "https://developer.hosting.ionos.com/docs/dns",
  endpoint: "https://api.hosting.ionos.com/dns",
  options: {
    apiKey: {
      description: "API key, written as prefix.secret",
      env: ["IONOS_API_KEY"],
      secret: true,
      optional: true,
    },
    prefix: { description: "Public prefix of the API key", env: ["IONOS_PREFIX"], optional: true },
    secret: { description: "Secret of the API key", env: ["IONOS_SECRET"], secret: true, optional: true },
  },
  oneOf: [["apiKey"], ["prefix", "secret"]],
  traits: { granularity: "record", minTtl: 60, propagation: 900 },
  permissions: "An API key of the account, which cannot be limited to zones.",
  tested: {
    by: "contract",
    against: "https://developer.hosting.ionos.de/assets/kms-swagger-specs/dns.yaml",
    on: "2026-11-24",
  },
  create({ apiKey, prefix, secret }, { http }) {
    const key = apiKey ?? `${prefix}.${secret}`;
    const api = http({ headers: { "x-api-key": key }, mask: [key] });
    async function find({ zone, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const query = { recordName: fqdn, recordType: "TXT" };
      const found = (await api.get(path`/v1/zones/${zone.id}`, { query })).listOrNone("records");
      return found
        .filter((record) => record.text("type") === "TXT" && sameName(record.text("name"), fqdn))
        .find((record) => unquote(record.text("content")) === value)
        ?.id("id");
    }
    return {
      async zones() {
        const zones = (await api.get("/v1/zones")).list();
        return zones.map((zone) => ({ name: zone.text("name"), id: zone.id("id") }));
      },
      async add(record) {
        const { zone, fqdn, value, ttl } = record;
        const known = await find(record);
        if (known !== undefined) return known;
        const body = [{ name: fqdn, type: "TXT", content: quote(value), ttl, disabled: false }];
        const made = await api.post(path`/v1/zones/${zone.id}/records`, body, { repeat: false });
        return made.id(0, "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(path`/v1/zones/${record.zone.id}/records/${id}`, { absent: null });
      },
    };
  },
});
