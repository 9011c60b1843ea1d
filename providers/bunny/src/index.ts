import { defineProvider, path, type Reply, recordsById, sameName, type TxtRecord } from "@certwright/provider";

/** The API's number of the record type; its newer answers have the name instead. */
const txt = 3;
const isTxt = (record: Reply) => ["3", "TXT"].includes(record.id("Type"));

export default defineProvider({
  id: "bunny",
  name: "bunny.net",
  website: "https://bunny.net",
  docs: "https://docs.bunny.net/api-reference/core/dns-zone/list-dns-zones",
  endpoint: "https://api.bunny.net",
  options: { accessKey: { description: "API key of the account", env: ["BUNNY_API_KEY"], secret: true } },
  traits: { granularity: "record", concurrency: "free", minTtl: 60 },
  permissions: "The account's API key, which has all rights and cannot be limited.",
  tested: {
    by: "contract",
    against: "https://docs.bunny.net/api-reference/core/dns-zone/list-dns-zones",
    on: "2026-11-24",
  },
  create({ accessKey }, { http }) {
    const api = http({ headers: { accesskey: accessKey } });
    const zonePath = ({ zone }: TxtRecord) => path`/dnszone/${zone.id}`;

    return {
      async *zones() {
        const zones = api.pages("/dnszone", {
          // Each zone comes with all its records, so pages are kept small.
          query: { perPage: 100 },
          items: (reply) => reply.list("Items"),
          next: ({ reply, page }) => (reply.flag("HasMoreItems") ? { page: page + 1 } : undefined),
        });
        for await (const zone of zones) yield { name: zone.text("Domain"), id: zone.id("Id") };
      },
      ...recordsById({
        list: async (record) => (await api.get(zonePath(record))).list("Records"),
        is: (found, { name, value }) =>
          isTxt(found) && sameName(found.text("Name"), name) && found.text("Value") === value,
        id: (found) => found.id("Id"),
        async create(record) {
          const { name, value, ttl } = record;
          const body = { Type: txt, Name: name === "@" ? "" : name, Value: value, Ttl: ttl };
          return (await api.put(`${zonePath(record)}/records`, body, { repeat: false })).id("Id");
        },
        delete: (record, id) => api.delete(zonePath(record) + path`/records/${id}`, { absent: null }),
      }),
    };
  },
});
