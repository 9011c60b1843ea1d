import { defineProvider, path, quote, sameName, type TxtRecord, unquote } from "@certwright/provider";

export default defineProvider({
  id: "infomaniak",
  name: "Infomaniak",
  website: "https://www.infomaniak.com",
  docs: "https://developer.infomaniak.com/docs/api",
  endpoint: "https://api.infomaniak.com",
  endpointEnv: ["INFOMANIAK_ENDPOINT", "INFOMANIAK_API_URL"],
  options: {
    accessToken: {
      description: "API token",
      env: ["INFOMANIAK_ACCESS_TOKEN", "INFOMANIAK_API_TOKEN"],
      secret: true,
    },
  },
  // Sixty requests a minute is the limit of the whole API, so little at once.
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API token with the scopes domain:read, dns:read and dns:write.",
  tested: {
    by: "contract",
    against: "https://developer.infomaniak.com/docs/api/get/2/zones/%7Bzone%7D/records",
    on: "2026-11-24",
  },
  create({ accessToken }, { http }) {
    const api = http({ bearer: accessToken });
    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const found = api.pages(path`/2/zones/${zone.name}/records`, {
        query: { "filter[types][]": "TXT", page: 1, per_page: 100 },
        items: (reply) => reply.list("data"),
        next: ({ page, count }) => (count === 100 ? { page: page + 1 } : undefined),
      });
      for await (const record of found)
        if (sameName(record.text("source"), name) && unquote(record.text("target")) === value) return record.id("id");
      return undefined;
    }
    return {
      // The API lists no zones, it only says whether one exists.
      async zones(candidates) {
        for (const name of candidates.filter((candidate) => candidate.includes("."))) {
          const answer = await api.get(path`/2/zones/${name}/exists`, { absent: { data: false } });
          if (answer.flag("data")) return [name];
        }
        return [];
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        const known = await find(record);
        if (known !== undefined) return known;
        const body = { type: "TXT", source: name === "@" ? "." : name, target: quote(value), ttl };
        return (await api.post(path`/2/zones/${zone.name}/records`, body, { repeat: false })).id("data", "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(path`/2/zones/${record.zone.name}/records/${id}`, { absent: null });
      },
    };
  },
});
