import { defineProvider, path, type Reply, sameName, type TxtRecord } from "@certwright/provider";

/** As the API takes it; it counts seconds up to an hour only. */
const item = ({ name, value, ttl }: TxtRecord) => ({ type: "TXT", name, value, ttl: Math.min(ttl, 3600) });

const isSame = (record: Reply, { name, value }: TxtRecord): boolean =>
  record.text("type") === "TXT" && sameName(record.text("name"), name) && record.text("value") === value;

export default defineProvider({
  id: "spaceship",
  name: "Spaceship",
  website: "https://www.spaceship.com",
  docs: "https://docs.spaceship.dev/#tag/DNS-records",
  endpoint: "https://spaceship.dev/api/v1",
  options: {
    apiKey: { description: "API key", env: ["SPACESHIP_API_KEY"], secret: true },
    apiSecret: { description: "Secret of the API key", env: ["SPACESHIP_API_SECRET"], secret: true },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API key with domains:read, dnsrecords:read and dnsrecords:write.",
  tested: {
    by: "contract",
    against: "what other clients send and read, not the vendor's own page: https://docs.spaceship.dev/#tag/DNS-records",
    on: "2026-11-24",
  },
  create({ apiKey, apiSecret }, { http }) {
    const api = http({ headers: { "x-api-key": apiKey, "x-api-secret": apiSecret } });
    const pages = (to: string, take: number) =>
      api.pages(to, {
        query: { take, skip: 0 },
        items: (reply) => reply.list("items"),
        next: ({ reply, page }) => (page * take < reply.number("total") ? { skip: page * take } : undefined),
      });
    const save = async (zone: string, records: readonly TxtRecord[]) => {
      await api.put(path`/dns/records/${zone}`, { force: false, items: records.map(item) });
    };
    async function remove(zone: string, records: readonly TxtRecord[]) {
      const present = new Set<TxtRecord>();
      for await (const found of pages(path`/dns/records/${zone}`, 500)) {
        if (found.text("type") !== "TXT") continue;
        for (const record of records) if (isSame(found, record)) present.add(record);
      }
      if (present.size === 0) return;
      const body = [...present].map(({ name, value }) => ({ type: "TXT", name, value }));
      await api.delete(path`/dns/records/${zone}`, { body, absent: null });
    }
    return {
      async *zones() {
        for await (const domain of pages("/domains", 100)) yield domain.text("name");
      },
      add: (record) => save(record.zone.name, [record]),
      remove: (record) => remove(record.zone.name, [record]),
      addAll: (zone, records) => save(zone.name, records),
      removeAll: (zone, records) => remove(zone.name, records),
    };
  },
});
