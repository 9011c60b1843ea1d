import { defineProvider, ProviderError, path } from "@certwright/provider";

export default defineProvider({
  id: "godaddy",
  name: "GoDaddy",
  aliases: ["gd"],
  website: "https://www.godaddy.com",
  docs: "https://developer.godaddy.com/doc/endpoint/domains",
  endpoint: "https://api.godaddy.com",
  options: {
    apiKey: { description: "API key for production", env: ["GODADDY_API_KEY", "GD_Key"], secret: true },
    apiSecret: { description: "Secret of the API key", env: ["GODADDY_API_SECRET", "GD_Secret"], secret: true },
  },
  traits: { granularity: "recordSet", concurrency: "name", minTtl: 600 },
  permissions: "A production API key of an account that GoDaddy gives API access; it cannot be limited to a domain.",
  tested: { by: "contract", against: "https://developer.godaddy.com/doc/endpoint/domains", on: "2026-11-24" },
  create({ apiKey, apiSecret }, { http }) {
    const api = http({
      headers: { authorization: `sso-key ${apiKey}:${apiSecret}` },
      // The time to wait stands in the document, not in a header.
      check(reply, { status }) {
        const seconds = status === 429 ? reply.maybe("retryAfterSec")?.number() : undefined;
        if (seconds === undefined) return undefined;
        return new ProviderError("PROVIDER_RATE_LIMITED", "GoDaddy takes no more calls for now", {
          status,
          retryAfter: seconds,
          hint: "GoDaddy allows 60 calls a minute; wait, then run again.",
        });
      },
    });
    return {
      async *zones() {
        const domains = api.pages("/v1/domains", {
          query: { limit: 1000 },
          items: (reply) => reply.list(),
          // The next page is asked for by the last name of this one.
          next: ({ reply, count }) => (count === 1000 ? { marker: reply.text(count - 1, "domain") } : undefined),
        });
        for await (const domain of domains) yield domain.text("domain");
      },
      async get({ zone, name }) {
        const records = await api.get(path`/v1/domains/${zone.name}/records/TXT/${name}`);
        return records.list().map((record) => record.text("data"));
      },
      async set({ zone, name, ttl }, values) {
        const to = path`/v1/domains/${zone.name}/records/TXT/${name}`;
        if (values.length === 0) await api.delete(to, { absent: null });
        else
          await api.put(
            to,
            values.map((data) => ({ data, ttl })),
          );
      },
    };
  },
});
