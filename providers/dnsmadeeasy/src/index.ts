import {
  defineProvider,
  hmac,
  type OutgoingRequest,
  path,
  quote,
  recordsById,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

const sandboxUrl = "https://api.sandbox.dnsmadeeasy.com/V2.0";

export default defineProvider({
  id: "dnsmadeeasy",
  name: "DNS Made Easy",
  aliases: ["me"],
  website: "https://dnsmadeeasy.com",
  docs: "https://api-docs.dnsmadeeasy.com/",
  endpoint: "https://api.dnsmadeeasy.com/V2.0",
  hosts: ["api.sandbox.dnsmadeeasy.com"],
  options: {
    apiKey: { description: "API key", env: ["DNSMADEEASY_API_KEY", "ME_Key"], secret: true },
    apiSecret: { description: "Secret of the API key", env: ["DNSMADEEASY_API_SECRET", "ME_Secret"], secret: true },
    sandbox: {
      description: "Whether to use the sandbox instead of the endpoint",
      env: ["DNSMADEEASY_SANDBOX"],
      type: "boolean",
      default: false,
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API key of a user who may change the zone's records; the key itself cannot be limited.",
  tested: {
    by: "contract",
    against: "what other clients send and read, not the vendor's own page: https://api-docs.dnsmadeeasy.com/",
    on: "2026-11-24",
  },
  create({ apiKey, apiSecret, sandbox, endpoint }, { http, now }) {
    /** The signature is of the time alone. */
    const sign = (request: OutgoingRequest): OutgoingRequest => {
      const date = new Date(now()).toUTCString();
      const signature = hmac("sha1", apiSecret, date).toString("hex");
      const own = { "x-dnsme-apikey": apiKey, "x-dnsme-requestdate": date, "x-dnsme-hmac": signature };
      return { ...request, headers: { ...request.headers, ...own } };
    };
    const api = http({ baseUrl: sandbox ? sandboxUrl : endpoint, sign });
    const recordsOf = ({ zone }: TxtRecord) => path`/dns/managed/${zone.id}/records`;
    return {
      async *zones(candidates) {
        for (const domainname of candidates) {
          const zone = (await api.get("/dns/managed/name", { query: { domainname }, absent: {} })).maybe("id");
          if (zone === undefined) continue;
          yield { name: domainname, id: zone.id() };
          return;
        }
      },
      ...recordsById({
        list: (record) =>
          api.pages(recordsOf(record), {
            query: { type: "TXT" },
            items: (reply) => reply.list("data"),
            // Counted from 0.
            next: ({ reply, page }) => (page < reply.number("totalPages") ? { page } : undefined),
          }),
        is: (found, { name, value }) => sameName(found.text("name"), name) && found.text("value") === quote(value),
        id: (found) => found.id("id"),
        async create(record) {
          const { name, value, ttl } = record;
          const body = {
            name: name === "@" ? "" : name,
            type: "TXT",
            value: quote(value),
            ttl,
            gtdLocation: "DEFAULT",
          };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
