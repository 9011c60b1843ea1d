import { defineProvider, path, recordsById, sameName } from "@certwright/provider";

/** An API of single records, found by listing and removed by id, that keeps duplicates; lists come in pages. */
// biome-ignore lint/style/noDefaultExport: what a provider package looks like
export default defineProvider({
  id: "example-record",
  name: "Example of single records",
  website: "https://record.example",
  docs: "https://record.example/docs",
  endpoint: "https://api.record.example/v1",
  options: {
    token: { description: "API token with access to DNS records", env: ["EXAMPLE_RECORD_TOKEN"], secret: true },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 60 },
  permissions: "A token limited to the zone that may edit DNS records.",
  tested: { by: "contract", against: "packages/provider-test/src/example-apis.ts", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pages = (to: string, list: string) =>
      api.pages(to, {
        query: { per_page: 50 },
        items: (reply) => reply.list(list),
        next: ({ page, count }) => (count === 50 ? { page: page + 1 } : undefined),
      });

    return {
      async *zones() {
        for await (const zone of pages("/zones", "zones")) yield { name: zone.text("name"), id: zone.id("id") };
      },
      ...recordsById({
        list: ({ zone }) => pages(path`/zones/${zone.id}/records`, "records"),
        is: (found, { name, value }) =>
          found.text("type") === "TXT" && sameName(found.text("name"), name) && found.text("content") === value,
        id: (found) => found.id("id"),
        async create({ zone, name, value, ttl }) {
          const body = { type: "TXT", name, content: value, ttl };
          return (await api.post(path`/zones/${zone.id}/records`, body, { repeat: false })).id("id");
        },
        delete: ({ zone }, id) => api.delete(path`/zones/${zone.id}/records/${id}`, { absent: null }),
      }),
    };
  },
});
