import { defineProvider, path, recordsById, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "luadns",
  name: "LuaDNS",
  aliases: ["lua"],
  website: "https://www.luadns.com",
  docs: "https://www.luadns.com/api.html",
  endpoint: "https://api.luadns.com/v1",
  options: {
    username: { description: "Email address of the account", env: ["LUADNS_API_USERNAME", "LUA_Email"] },
    token: { description: "API key", env: ["LUADNS_API_TOKEN", "LUA_Key"], secret: true },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 300 },
  permissions: "An API key restricted to the one zone.",
  tested: { by: "contract", against: "https://www.luadns.com/api.html", on: "2026-11-24" },
  create({ username, token }, { http }) {
    const api = http({ basic: { user: username, password: token } });
    const pages = (to: string) =>
      api.pages(to, {
        query: { limit: 100 },
        items: (reply) => reply.list(),
        next: ({ headers, page }) => (page < Number(headers.get("x-total-pages")) ? { page: page + 1 } : undefined),
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/zones/${zone.id}/records`;
    return {
      async *zones() {
        for await (const zone of pages("/zones")) yield { name: zone.text("name"), id: zone.id("id") };
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record)),
        is: (found, { fqdn, value }) =>
          found.text("type") === "TXT" && sameName(found.text("name"), fqdn) && found.text("content") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const body = { name: `${record.fqdn}.`, type: "TXT", content: record.value, ttl: record.ttl };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
