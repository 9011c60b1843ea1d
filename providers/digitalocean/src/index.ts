import { defineProvider, path, recordsById, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "digitalocean",
  name: "DigitalOcean",
  aliases: ["dgon"],
  website: "https://www.digitalocean.com",
  docs: "https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records",
  endpoint: "https://api.digitalocean.com",
  endpointEnv: ["DO_API_URL"],
  options: {
    token: { description: "Personal access token", env: ["DO_AUTH_TOKEN", "DO_API_KEY"], secret: true },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 30 },
  permissions: "A token with custom scopes: domain read, create, update and delete.",
  tested: {
    by: "contract",
    against: "https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records",
    on: "2026-11-24",
  },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pages = (to: string, list: string, query = {}) =>
      api.pages(to, {
        query: { ...query, per_page: 200 },
        items: (reply) => reply.list(list),
        // The link itself names the vendor's host, whatever the endpoint is.
        next: ({ reply, page }) => (reply.maybe("links", "pages", "next") ? { page: page + 1 } : undefined),
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/v2/domains/${zone.name}/records`;

    return {
      async *zones() {
        for await (const domain of pages("/v2/domains", "domains")) yield domain.text("name");
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record), "domain_records", { type: "TXT", name: record.fqdn }),
        is: (found, { name, value }) => sameName(found.text("name"), name) && found.text("data") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const { name, value: data, ttl } = record;
          const made = await api.post(recordsOf(record), { type: "TXT", name, data, ttl }, { repeat: false });
          return made.id("domain_record", "id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
