import { defineProvider, path, recordsById, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "namedotcom",
  name: "Name.com",
  aliases: ["namecom"],
  website: "https://www.name.com",
  docs: "https://www.name.com/api-docs/DNS",
  endpoint: "https://api.name.com",
  options: {
    username: { description: "User name of the account", env: ["NAMECOM_USERNAME", "Namecom_Username"] },
    token: { description: "API token", env: ["NAMECOM_API_TOKEN", "Namecom_Token"], secret: true },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 300, propagation: 900 },
  permissions: "An API token of the account, which cannot be limited.",
  tested: { by: "contract", against: "https://www.name.com/api-docs/DNS", on: "2026-11-24" },
  create({ username, token }, { http }) {
    const api = http({ basic: { user: username, password: token } });
    const pages = (to: string, list: string) =>
      api.pages(to, {
        query: { perPage: 1000 },
        items: (reply) => reply.listOrNone(list),
        // Absent on the last page, or 0.
        next: ({ reply }) => {
          const page = reply.maybe("nextPage")?.number() ?? 0;
          return page > 0 ? { page } : undefined;
        },
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/v4/domains/${zone.name}/records`;
    return {
      async *zones() {
        for await (const domain of pages("/v4/domains", "domains")) yield domain.text("domainName");
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record), "records"),
        is: (found, { fqdn, value }) =>
          found.text("type") === "TXT" && sameName(found.text("fqdn"), fqdn) && found.text("answer") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const { name: host, value, ttl } = record;
          const body = { host, type: "TXT", answer: value, ttl };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
