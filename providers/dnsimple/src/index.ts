import { defineProvider, path, quote, recordsById, sameName, type TxtRecord, unquote } from "@certwright/provider";

export default defineProvider({
  id: "dnsimple",
  name: "DNSimple",
  website: "https://dnsimple.com",
  docs: "https://developer.dnsimple.com/v2/zones/records/",
  endpoint: "https://api.dnsimple.com",
  endpointEnv: ["DNSIMPLE_BASE_URL"],
  options: {
    token: {
      description: "API access token of an account or of a user",
      env: ["DNSIMPLE_OAUTH_TOKEN", "DNSimple_OAUTH_TOKEN"],
      secret: true,
    },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 60 },
  permissions:
    "An account access token with full access to the one zone; plans without scoped tokens have only whole accounts.",
  tested: { by: "contract", against: "https://developer.dnsimple.com/v2/zones/records/", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pages = (to: string, query = {}) =>
      api.pages(to, {
        query: { ...query, per_page: 100 },
        items: (reply) => reply.list("data"),
        next: ({ reply, page }) => (page < reply.number("pagination", "total_pages") ? { page: page + 1 } : undefined),
      });
    // A zone's id is its account's: the API knows zones by account and name.
    const recordsOf = ({ zone }: TxtRecord) => path`/v2/${zone.id}/zones/${zone.name}/records`;
    const relative = ({ name }: TxtRecord) => (name === "@" ? "" : name);

    return {
      async *zones() {
        for (const account of (await api.get("/v2/accounts")).list("data")) {
          const id = account.id("id");
          for await (const zone of pages(path`/v2/${id}/zones`)) yield { name: zone.text("name"), id };
        }
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record), { type: "TXT", name: relative(record) }),
        is: (found, { name, value }) => sameName(found.text("name"), name) && unquote(found.text("content")) === value,
        id: (found) => found.id("id"),
        async create(record) {
          const body = { type: "TXT", name: relative(record), content: quote(record.value), ttl: record.ttl };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("data", "id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
