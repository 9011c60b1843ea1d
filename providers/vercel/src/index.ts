import { defineProvider, path, recordsById, sameName } from "@certwright/provider";

export default defineProvider({
  id: "vercel",
  name: "Vercel",
  website: "https://vercel.com",
  docs: "https://vercel.com/docs/rest-api/reference/endpoints/dns",
  endpoint: "https://api.vercel.com",
  options: {
    token: { description: "Access token", env: ["VERCEL_API_TOKEN", "VERCEL_TOKEN"], secret: true },
    teamId: {
      description: "Id of the team that has the domain; left out, it is the token's own account",
      env: ["VERCEL_TEAM_ID"],
      optional: true,
      example: "team_1a2b3c4d5e6f7g8h9i0j1k2l",
    },
  },
  traits: { granularity: "record", concurrency: "free", minTtl: 60 },
  permissions: "An access token whose scope is the team that has the domain; it cannot be limited to DNS.",
  tested: {
    by: "contract",
    against: "https://vercel.com/docs/rest-api/reference/endpoints/dns/list-existing-dns-records",
    on: "2026-11-24",
  },
  create({ token, teamId }, { http }) {
    const api = http({ bearer: token, query: { teamId } });
    // `next` is the time stamp below which the next page begins.
    const pages = (to: string, list: string) =>
      api.pages(to, {
        query: { limit: 100 },
        items: (reply) => reply.list(list),
        next: ({ reply }) => {
          const until = reply.maybe("pagination", "next")?.id();
          return until === undefined ? undefined : { until };
        },
      });

    return {
      async *zones() {
        for await (const domain of pages("/v5/domains", "domains")) yield domain.text("name");
      },
      ...recordsById({
        list: ({ zone }) => pages(path`/v5/domains/${zone.name}/records`, "records"),
        is: (found, { name, value }) =>
          found.text("type") === "TXT" && sameName(found.text("name"), name) && found.text("value") === value,
        id: (found) => found.id("id"),
        async create(record) {
          const { zone, name, value, ttl } = record;
          const body = { type: "TXT", name: name === "@" ? "" : name, value, ttl };
          return (await api.post(path`/v2/domains/${zone.name}/records`, body, { repeat: false })).id("uid");
        },
        delete: ({ zone }, id) => api.delete(path`/v2/domains/${zone.name}/records/${id}`, { absent: null }),
      }),
    };
  },
});
