import { defineProvider, path, sameName, type TxtRecord } from "../index.ts";

export const provider = defineProvider({
  id: "acme",
  name: "Acme DNS",
  website: "https://acme.example",
  docs: "https://acme.example/api",
  endpoint: "https://api.acme.example/v1",
  options: {
    token: { description: "API token", env: ["ACME_TOKEN"], secret: true },
  },
  traits: { granularity: "record", minTtl: 300 },
  permissions: "A token that may change DNS records of the zone.",
  tested: { by: "contract", against: "https://acme.example/api", on: "2026-11-24" },

  create({ token }, { http }) {
    const api = http({ bearer: token });
    const find = async ({ zone, name, value }: TxtRecord) => {
      const answer = await api.get(path`/zones/${zone.id}/records`, { query: { type: "TXT", name } });
      return answer
        .list("records")
        .find((found) => sameName(found.text("name"), name) && found.text("value") === value);
    };
    return {
      async *zones() {
        const pages = api.pages("/zones", {
          items: (reply) => reply.list("zones"),
          next: ({ reply }) => reply.textOrNone("next"),
        });
        for await (const zone of pages) yield { name: zone.text("name"), id: zone.id("id") };
      },
      async add(record) {
        const there = await find(record);
        if (there !== undefined) return there.id("id");
        const { zone, name, value, ttl } = record;
        const made = await api.post(
          path`/zones/${zone.id}/records`,
          { type: "TXT", name, value, ttl },
          { repeat: false },
        );
        return made.id("id");
      },
      async remove(record) {
        const there = await find(record);
        if (there !== undefined)
          await api.delete(path`/zones/${record.zone.id}/records/${there.id("id")}`, { absent: null });
      },
    };
  },
});
