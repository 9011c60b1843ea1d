import {
  defineProvider,
  type Query,
  type Refusal,
  type RefusalKind,
  type Reply,
  recordsById,
  sameName,
} from "@certwright/provider";

/** Codes of the reply that have a meaning of their own here; 300 is success. */
const kinds: Readonly<Record<number, RefusalKind>> = {
  109: "auth",
  110: "auth",
  112: "forbidden",
  113: "forbidden",
  115: "unavailable",
  200: "zoneNotFound",
  201: "unavailable",
};

/** Every answer is a 200. */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  if (status >= 300) return undefined;
  const code = reply.number("namesilo", "reply", "code");
  if (code === 300) return undefined;
  const words = reply.maybe("namesilo", "reply", "detail")?.text() ?? "no reason given";
  return {
    kind: kinds[code] ?? "invalid",
    message: `${words}, code ${code}`,
    hint: "The key must not be read-only and must allow this machine's address; the domain must use NameSilo's name servers.",
  };
}

export default defineProvider({
  id: "namesilo",
  name: "NameSilo",
  website: "https://www.namesilo.com",
  docs: "https://www.namesilo.com/api-reference",
  endpoint: "https://www.namesilo.com/api",
  options: { apiKey: { description: "API key", env: ["NAMESILO_API_KEY", "Namesilo_Key"], secret: true } },
  // Changes are published every quarter of an hour.
  traits: { granularity: "record", concurrency: "zone", minTtl: 3600, propagation: 900 },
  permissions:
    "An API key of the account, which cannot be limited to DNS; it may be limited to this machine's address.",
  tested: { by: "contract", against: "https://www.namesilo.com/api-reference", on: "2026-11-24" },
  create({ apiKey }, { http }) {
    // As XML: in their JSON a single entry is no list.
    const api = http({ query: { version: 1, type: "xml", key: apiKey }, read: "xml", check });
    const call = async (operation: string, query: Query = {}, options = {}) =>
      (await api.get(`/${operation}`, { query, ...options })).at("namesilo", "reply");
    return {
      async zones() {
        return (await call("listDomains")).listOrNone("domains", "domain").map((domain) => domain.text());
      },
      ...recordsById({
        list: async ({ zone }) => (await call("dnsListRecords", { domain: zone.name })).listOrNone("resource_record"),
        is: (found, { fqdn, value }) =>
          found.text("type") === "TXT" && sameName(found.text("host"), fqdn) && found.text("value") === value,
        id: (found) => found.id("record_id"),
        async create({ zone, name, value, ttl }) {
          const rrhost = name === "@" ? "" : name;
          const record = { domain: zone.name, rrtype: "TXT", rrhost, rrvalue: value, rrttl: ttl };
          return (await call("dnsAddRecord", record, { repeat: false })).id("record_id");
        },
        delete: ({ zone }, rrid) => call("dnsDeleteRecord", { domain: zone.name, rrid }, { repeat: false }),
      }),
    };
  },
});
