import { defineProvider, path, type Reply, sameName, type TxtRecord } from "@certwright/provider";

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

    async function find(record: TxtRecord): Promise<string | undefined> {
      const records = (await api.get(zonePath(record))).list("Records").filter(isTxt);
      const ours = records.filter((found) => sameName(found.text("Name"), record.name));
      return ours.find((found) => found.text("Value") === record.value)?.id("Id");
    }

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
      async add(record) {
        const known = await find(record);
        if (known !== undefined) return known;
        const { name, value, ttl } = record;
        const body = { Type: txt, Name: name === "@" ? "" : name, Value: value, Ttl: ttl };
        return (await api.put(`${zonePath(record)}/records`, body, { repeat: false })).id("Id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(zonePath(record) + path`/records/${id}`, { absent: null });
      },
    };
  },
});
