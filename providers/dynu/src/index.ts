import { defineProvider, ProviderError, path, type Reply, recordsById, sameName } from "@certwright/provider";

/** Every document has the status inside; of bad values and of unknown things it is 501. */
function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  const code = reply.maybe("statusCode")?.number() ?? status;
  if (code !== 501) return undefined;
  const words = `${reply.textOrNone("type") ?? "Exception"}: ${reply.textOrNone("message") ?? "no reason given"}`;
  const kind = /auth/i.test(words) ? "PROVIDER_AUTH" : "PROVIDER_INVALID";
  return new ProviderError(kind, `Dynu refuses with ${words}`, {
    status,
    hint: "Check the API key, and that the domain is in this account.",
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
        // Not sent twice, for an unknown id is refused like bad values are; instead the host looks again.
        delete: ({ zone }, id) => api.delete(path`/dns/${zone.id}/record/${id}`, { absent: null, repeat: false }),
      }),
    };
  },
});
