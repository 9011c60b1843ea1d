import {
  defineProvider,
  ProviderError,
  type ProviderErrorCode,
  path,
  type Reply,
  recordsById,
  sameName,
} from "@certwright/provider";

/** What the types of its exceptions mean. */
const kinds: readonly (readonly [RegExp, ProviderErrorCode])[] = [
  [/^authentication/i, "PROVIDER_AUTH"],
  [/^quota/i, "PROVIDER_QUOTA"],
  [/^request/i, "PROVIDER_NOT_FOUND"],
  [/^argument/i, "PROVIDER_INVALID"],
];

/** Failures are documents with a status inside, many of them answered with 200. */
function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  const fault = reply.maybe("exception") ?? reply;
  const code = fault.maybe("statusCode")?.number() ?? 200;
  const type = fault.textOrNone("type") ?? "Exception";
  const kind = kinds.find(([form]) => form.test(type))?.[1];
  if (code < 300 || (kind === undefined && status >= 300)) return undefined;
  const words = fault.textOrNone("message") ?? "no reason given";
  return new ProviderError(kind ?? "PROVIDER_FAILED", `Dynu refuses with ${code}, ${type}: ${words}`, {
    status,
    hint: "Check the API key (DYNU_API_KEY), that the domain is in this account, and how many records its plan allows.",
  });
}

export default defineProvider({
  id: "dynu",
  name: "Dynu",
  website: "https://www.dynu.com",
  docs: "https://www.dynu.com/en-US/Support/API",
  endpoint: "https://api.dynu.com/v2",
  options: { apiKey: { description: "API key", env: ["DYNU_API_KEY"], secret: true } },
  traits: { granularity: "record", concurrency: "free", minTtl: 90, propagation: 180 },
  permissions: "The account's API key, which cannot be limited.",
  tested: { by: "contract", against: "https://www.dynu.com/en-US/Support/API", on: "2026-11-24" },
  create({ apiKey }, { http }) {
    const api = http({ headers: { "api-key": apiKey }, check });
    return {
      async *zones() {
        for (const domain of (await api.get("/dns")).list("domains"))
          yield { name: domain.text("name"), id: domain.id("id") };
      },
      ...recordsById({
        list: async ({ zone }) => (await api.get(path`/dns/${zone.id}/record`)).list("dnsRecords"),
        is: (found, { fqdn, value }) =>
          found.text("recordType") === "TXT" &&
          sameName(found.text("hostname"), fqdn) &&
          found.text("textData") === value,
        id: (found) => found.id("id"),
        async create({ zone, name, value, ttl }) {
          const body = { nodeName: name === "@" ? "" : name, recordType: "TXT", textData: value, ttl, state: true };
          return (await api.post(path`/dns/${zone.id}/record`, body, { repeat: false })).id("id");
        },
        // Not sent twice, for an unknown id is no 404 here; instead the host looks again.
        delete: ({ zone }, id) => api.delete(path`/dns/${zone.id}/record/${id}`, { absent: null, repeat: false }),
      }),
    };
  },
});
