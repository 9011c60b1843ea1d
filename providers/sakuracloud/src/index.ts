import { defineProvider, type OutgoingRequest, path, sameName, type ZoneShape } from "@certwright/provider";

/** One entry of a zone, as the API has it; what else it holds goes back unchanged. */
interface Entry {
  readonly Name: string;
  readonly Type: string;
  readonly RData: string;
  readonly TTL?: number;
}

/** The API takes its search conditions as a bare JSON text in place of a query. */
function bareQuery(request: OutgoingRequest): OutgoingRequest {
  const url = new URL(request.url);
  const search = url.searchParams.get("search");
  if (search !== null) url.search = encodeURIComponent(search);
  return { ...request, url };
}

const dns = ["CommonServiceItem", "Settings", "DNS", "ResourceRecordSets"] as const;

export default defineProvider({
  id: "sakuracloud",
  name: "Sakura Cloud",
  website: "https://cloud.sakura.ad.jp",
  docs: "https://developer.sakura.ad.jp/cloud/api/1.1/",
  endpoint: "https://secure.sakura.ad.jp/cloud/zone/is1a/api/cloud/1.1",
  options: {
    accessToken: { description: "Access token of the API key", env: ["SAKURACLOUD_ACCESS_TOKEN"], secret: true },
    accessTokenSecret: {
      description: "Secret of the API key",
      env: ["SAKURACLOUD_ACCESS_TOKEN_SECRET"],
      secret: true,
    },
  },
  traits: { granularity: "zone", minTtl: 60 },
  permissions: 'An API key of the access level "can modify settings".',
  tested: { by: "contract", against: "https://developer.sakura.ad.jp/cloud/api/1.1/", on: "2026-11-24" },
  create({ accessToken, accessTokenSecret }, { http }): ZoneShape<Entry> {
    const api = http({ basic: { user: accessToken, password: accessTokenSecret }, sign: bareQuery });
    /** What was read of each zone: sent along when it is written, so that another's change in between is not undone. */
    const hashes = new Map<string, string | undefined>();
    return {
      async *zones() {
        const search = (From: number) => ({
          search: JSON.stringify({ From, Count: 100, Filter: { "Provider.Class": "dns" } }),
        });
        const items = api.pages("/commonserviceitem", {
          query: search(0),
          items: (reply) => reply.list("CommonServiceItems"),
          next: ({ reply, count }) => {
            const from = reply.number("From") + count;
            return count > 0 && from < reply.number("Total") ? search(from) : undefined;
          },
        });
        for await (const item of items) yield { name: item.text("Status", "Zone"), id: item.id("ID") };
      },
      async read({ id }) {
        const reply = await api.get(path`/commonserviceitem/${id}`);
        hashes.set(id, reply.textOrNone("CommonServiceItem", "SettingsHash"));
        return reply.listOrNone(...dns).map((entry) => entry.value as Entry);
      },
      async write({ id }, ResourceRecordSets) {
        const item = { Settings: { DNS: { ResourceRecordSets } }, SettingsHash: hashes.get(id) };
        await api.put(path`/commonserviceitem/${id}`, { CommonServiceItem: item });
      },
      txt: ({ Name, Type, RData }, { name }) => (Type === "TXT" && sameName(Name, name) ? RData : undefined),
      record: ({ name, value, ttl }) => ({ Name: name, Type: "TXT", RData: value, TTL: ttl }),
    };
  },
});
