import {
  defineProvider,
  ProviderError,
  path,
  recordsById,
  sameName,
  type TxtRecord,
  unquote,
} from "@certwright/provider";

/** The value as the API takes it: in one pair of quotes whatever its length, with nothing escaped inside. */
function inQuotes(value: string): string {
  if (/["\\]/.test(value))
    throw new ProviderError("PROVIDER_UNSUPPORTED", "Vultr takes no double quotes and backslashes inside a TXT value");
  return `"${value}"`;
}

export default defineProvider({
  id: "vultr",
  name: "Vultr",
  website: "https://www.vultr.com",
  docs: "https://www.vultr.com/api/#tag/dns",
  endpoint: "https://api.vultr.com",
  options: { token: { description: "API key", env: ["VULTR_API_KEY"], secret: true } },
  traits: {
    granularity: "record",
    concurrency: "free",
    minTtl: 120,
    limits: { specialCharacters: "Vultr takes no double quotes and backslashes inside a TXT value." },
  },
  permissions:
    "The API key of a user whose only right is to manage DNS; this machine's address must be on its access list.",
  tested: { by: "contract", against: "https://www.vultr.com/api/#tag/dns", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pages = (to: string, list: string) =>
      api.pages(to, {
        query: { per_page: 500 },
        items: (reply) => reply.list(list),
        next: ({ reply }) => {
          const cursor = reply.maybe("meta", "links")?.textOrNone("next") ?? "";
          return cursor === "" ? undefined : { cursor };
        },
      });
    const recordsOf = ({ zone }: TxtRecord) => path`/v2/domains/${zone.name}/records`;

    return {
      async *zones() {
        for await (const zone of pages("/v2/domains", "domains")) yield zone.text("domain");
      },
      ...recordsById({
        list: (record) => pages(recordsOf(record), "records"),
        is: (found, { name, value }) =>
          found.text("type") === "TXT" && sameName(found.text("name"), name) && unquote(found.text("data")) === value,
        id: (found) => found.id("id"),
        async create(record) {
          const { name, value, ttl } = record;
          const body = { type: "TXT", name: name === "@" ? "" : name, data: inQuotes(value), ttl };
          return (await api.post(recordsOf(record), body, { repeat: false })).id("record", "id");
        },
        delete: (record, id) => api.delete(recordsOf(record) + path`/${id}`, { absent: null }),
      }),
    };
  },
});
