import { defineProvider, path, recordsById, sameName, type TxtRecord } from "@certwright/provider";

export default defineProvider({
  id: "netlify",
  name: "Netlify",
  website: "https://www.netlify.com",
  docs: "https://open-api.netlify.com/#tag/dnsZone",
  endpoint: "https://api.netlify.com/api/v1",
  options: {
    token: { description: "Personal access token", env: ["NETLIFY_TOKEN", "NETLIFY_ACCESS_TOKEN"], secret: true },
  },
  // No smallest TTL is documented; 300 is what other clients have long been sending.
  traits: { granularity: "record", concurrency: "free", minTtl: 300 },
  permissions: "A personal access token of a member who may manage the team's DNS; a token cannot be limited further.",
  tested: { by: "contract", against: "https://open-api.netlify.com/#tag/dnsZone", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    // Lists come whole or in pages with a Link header; its address names the vendor's host, whatever the endpoint is.
    const pages = (to: string) =>
      api.pages(to, {
        query: { per_page: 100 },
        items: (reply) => reply.list(),
        next: ({ link, page }) => (link === undefined ? undefined : { page: page + 1 }),
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/dns_zones/${zone.id}/dns_records`;

    return {
      async *zones() {
        for await (const zone of pages("/dns_zones")) yield { name: zone.text("name"), id: zone.id("id") };
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record)),
        is: (found, { fqdn, value }) =>
          found.text("type") === "TXT" && sameName(found.text("hostname"), fqdn) && found.text("value") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const body = { type: "TXT", hostname: record.fqdn, value: record.value, ttl: record.ttl };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
