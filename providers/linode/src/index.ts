import { defineProvider, path, recordsById, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "linode",
  name: "Linode",
  aliases: ["linodev4", "linode-v4"],
  website: "https://www.linode.com",
  docs: "https://techdocs.akamai.com/linode-api/reference/post-domain-record",
  endpoint: "https://api.linode.com/v4",
  options: {
    token: { description: "Personal access token", env: ["LINODE_TOKEN", "LINODE_V4_API_KEY"], secret: true },
  },
  // Other times than the documented ones are rounded to the nearest. Zones reach the name servers every quarter of an hour.
  traits: { granularity: "record", concurrency: "free", minTtl: 300, propagation: 900 },
  permissions: "A personal access token with read and write access to Domains, and to nothing else.",
  tested: {
    by: "contract",
    against: "https://techdocs.akamai.com/linode-api/reference/post-domain-record",
    on: "2026-11-24",
  },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pages = (to: string, filter: object) =>
      api.pages(to, {
        query: { page_size: 500 },
        headers: { "x-filter": JSON.stringify(filter) },
        items: (reply) => reply.list("data"),
        next: ({ reply, page }) => (page < reply.number("pages") ? { page: page + 1 } : undefined),
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/domains/${zone.id}/records`;

    return {
      async *zones(candidates) {
        const filter = { "+or": candidates.map((domain) => ({ domain })) };
        for await (const zone of pages("/domains", filter)) yield { name: zone.text("domain"), id: zone.id("id") };
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record), { type: "TXT" }),
        is: (found, { name, value }) => sameName(found.text("name"), name) && found.text("target") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const { name, value: target, ttl: ttl_sec } = record;
          const body = { type: "TXT", name: name === "@" ? "" : name, target, ttl_sec };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
