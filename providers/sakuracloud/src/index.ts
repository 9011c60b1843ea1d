import { defineProvider, type OutgoingRequest, path, type Reply, sameName, type ZoneShape } from "@certwright/provider";

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
  tested: {
    by: "contract",
    against:
      "what other clients send and read, not the vendor's own page: https://developer.sakura.ad.jp/cloud/api/1.1/",
    on: "2026-11-24",
  },
  create({ accessToken, accessTokenSecret }, { http }): ZoneShape<Entry> {
    const api = http({ basic: { user: accessToken, password: accessTokenSecret }, sign: bareQuery });
    /** Settings and hash of each zone as read: sent along when it is written, so that nothing else and nobody else's is undone. */
    const items = new Map<string, Reply>();
    return {
      async *zones() {
        const search = (From: number) => ({
          search: JSON.stringify({ From, Count: 100, Filter: { "Provider.Class": "dns" } }),
        });
        const found = api.pages("/commonserviceitem", {
          query: search(0),
          items: (reply) => reply.list("CommonServiceItems"),
          next: ({ reply, count }) => {
            const from = reply.number("From") + count;
            return count > 0 && from < reply.number("Total") ? search(from) : undefined;
          },
        });
        for await (const item of found) yield { name: item.text("Status", "Zone"), id: item.id("ID") };
      },
      async read({ id }) {
        const item = (await api.get(path`/commonserviceitem/${id}`)).at("CommonServiceItem");
        items.set(id, item);
        return item.listOrNone("Settings", "DNS", "ResourceRecordSets").map((entry) => entry.value as Entry);
      },
      async write({ id }, ResourceRecordSets) {
        const item = items.get(id);
        const DNS = { ...(item?.maybe("Settings", "DNS")?.value as object | undefined), ResourceRecordSets };
        const SettingsHash = item?.textOrNone("SettingsHash");
        const to = path`/commonserviceitem/${id}`;
        await api.put(to, { CommonServiceItem: { Settings: { DNS }, SettingsHash } });
      },
      txt: ({ Name, Type, RData }, { name }) => (Type === "TXT" && sameName(Name, name) ? RData : undefined),
      record: ({ name, value, ttl }) => ({ Name: name, Type: "TXT", RData: value, TTL: ttl }),
    };
  },
});
