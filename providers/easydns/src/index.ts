import { defineProvider, ProviderError, path, type Reply, recordsById, sameName } from "@certwright/provider";

/** The API's own status for too many requests; it is also what it answers to a request without credentials. */
const calm = 420;

function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  const code = (reply.maybe("error", "code") ?? reply.maybe("status"))?.number() ?? status;
  if (code < 300) return undefined;
  const words = reply.maybe("error", "message")?.text() ?? reply.textOrNone("msg") ?? "no reason given";
  if (code === calm || /enhance your calm/i.test(words))
    return new ProviderError("PROVIDER_RATE_LIMITED", `easyDNS: ${words}`, {
      status,
      hint: "easyDNS allows few requests a minute; wait, then run again. If it stays so, check token and key.",
    });
  return status < 300 ? new ProviderError("PROVIDER_INVALID", `easyDNS refuses with ${code}: ${words}`) : undefined;
}

export default defineProvider({
  id: "easydns",
  name: "easyDNS",
  website: "https://easydns.com",
  docs: "https://docs.sandbox.rest.easydns.net",
  endpoint: "https://rest.easydns.net",
  endpointEnv: ["EASYDNS_ENDPOINT"],
  options: {
    token: { description: "API token", env: ["EASYDNS_TOKEN", "EASYDNS_Token"], secret: true },
    key: { description: "API key", env: ["EASYDNS_KEY", "EASYDNS_Key"], secret: true },
  },
  traits: { granularity: "record", concurrency: "serial", minTtl: 300 },
  permissions: "The account's API token and key, which cannot be limited.",
  tested: {
    by: "contract",
    against: "https://docs.sandbox.rest.easydns.net, corrected by what other clients read",
    on: "2026-11-24",
  },
  create({ token, key }, { http }) {
    const api = http({ basic: { user: token, password: key }, query: { format: "json" }, check });
    const recordsOf = (zone: string) => path`/zones/records/all/${zone}`;
    return {
      // Zones can be listed only by the account's user name; asking for a zone's records tells whether it is there.
      async *zones(candidates) {
        for (const name of candidates) {
          const reply = await api.get(recordsOf(name), { absent: {} });
          if (reply.maybe("data") === undefined) continue;
          yield name;
          return;
        }
      },
      ...recordsById({
        list: ({ zone }) =>
          api.pages(recordsOf(zone.name), {
            items: (reply) => reply.list("data"),
            next: ({ reply, count }) => {
              const start = reply.number("start") + count;
              return count > 0 && start < reply.number("total") ? { start } : undefined;
            },
          }),
        is: (found, { name, value }) =>
          found.text("type") === "TXT" && sameName(found.text("host"), name) && found.text("rdata") === value,
        id: (found) => found.id("id"),
        async create({ zone, name: host, value: rdata, ttl }) {
          const body = { domain: zone.name, host, ttl: String(ttl), prio: "0", type: "TXT", rdata };
          return (await api.put(path`/zones/records/add/${zone.name}/TXT`, body, { repeat: false })).id("data", "id");
        },
        delete: ({ zone }, id) => api.delete(path`/zones/records/${zone.name}/${id}`, { absent: null }),
      }),
    };
  },
});
