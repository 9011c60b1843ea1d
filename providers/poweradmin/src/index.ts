import { defineProvider, path, quote, sameName, type TxtRecord, unquote } from "@certwright/provider";

/** The API takes the quotes of a single string away and leaves its escapes; several strings it answers as they are. */
const textOf = (content: string) => unquote(content.includes('" "') ? content : `"${content}"`);

export default defineProvider({
  id: "poweradmin",
  name: "Poweradmin",
  website: "https://www.poweradmin.org",
  docs: "https://docs.poweradmin.org/api/overview/",
  options: {
    endpoint: {
      description: "Address of the Poweradmin installation, without /api",
      env: ["POWERADMIN_BASE_URL", "POWERADMIN_URL"],
      type: "url",
      example: "https://poweradmin.example.com",
    },
    apiKey: { description: "API key", env: ["POWERADMIN_API_KEY"], secret: true },
  },
  // It keeps records of whole zones in one table and raises the zone's serial with each, so one at a time.
  traits: { granularity: "record", concurrency: "zone", minTtl: 1 },
  permissions: "A key of a user who owns this one zone and may view and edit the content of own zones.",
  tested: { by: "contract", against: "https://docs.poweradmin.org/api/endpoints/", on: "2026-11-24" },
  create({ apiKey }, { http }) {
    const api = http({ headers: { "x-api-key": apiKey } });
    const records = (zone: TxtRecord["zone"]) => path`/api/v2/zones/${zone.id}/records`;
    async function find({ zone, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const found = await api.get(records(zone), { query: { type: "TXT" } });
      return found
        .list("data", "records")
        .find(
          (record) =>
            record.text("type") === "TXT" &&
            sameName(record.text("name"), fqdn) &&
            textOf(record.text("content")) === value,
        )
        ?.id("id");
    }
    return {
      async *zones() {
        const pages = api.pages("/api/v2/zones", {
          query: { page: 1, per_page: 100 },
          items: (reply) => reply.list("data", "zones"),
          next: ({ reply, page }) => (page < reply.number("pagination", "last_page") ? { page: page + 1 } : undefined),
        });
        for await (const zone of pages) yield { name: zone.text("name"), id: zone.id("id") };
      },
      async add(record) {
        const known = await find(record);
        if (known !== undefined) return known;
        const body = { name: record.fqdn, type: "TXT", content: quote(record.value), ttl: record.ttl };
        return (await api.post(records(record.zone), body, { repeat: false })).id("data", "record", "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(records(record.zone) + path`/${id}`, { absent: null });
      },
    };
  },
});
