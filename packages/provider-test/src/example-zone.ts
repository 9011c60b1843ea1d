import { defineProvider, ProviderError, sameName, type ZoneShape } from "@certwright/provider";

interface Line {
  readonly host: string;
  readonly type: string;
  readonly data: string;
  readonly ttl: number;
}

/** An API that reads and writes whole zones, answers 200 to everything, and says in the body how it went. */
// biome-ignore lint/style/noDefaultExport: what a provider package looks like
export default defineProvider({
  id: "example-zone",
  name: "Example of whole zones",
  website: "https://zone.example",
  docs: "https://zone.example/docs",
  endpoint: "https://api.zone.example/rpc",
  options: {
    key: { description: "API key of the account", env: ["EXAMPLE_ZONE_KEY"], secret: true },
  },
  traits: { granularity: "zone", minTtl: 60 },
  permissions: "The account's API key, which cannot be limited.",
  tested: { by: "contract", against: "packages/provider-test/src/example-apis.ts", on: "2026-11-24" },
  create({ key }, { http }): ZoneShape<Line> {
    const api = http({
      send: "form",
      query: { key },
      check(reply) {
        const code = reply.maybe("status")?.text();
        if (code === "auth")
          return new ProviderError("PROVIDER_AUTH", "the API key is wrong", { hint: "Check the key." });
        if (code === "unknown") return new ProviderError("PROVIDER_ZONE_NOT_FOUND", reply.text("message"));
        if (code === "slow") return new ProviderError("PROVIDER_RATE_LIMITED", "too many calls", { retryable: true });
        if (code === "busy") return new ProviderError("PROVIDER_CONFLICT", "the zone has changed");
        if (code === "error") return new ProviderError("PROVIDER_FAILED", reply.text("message"));
        return undefined;
      },
    });
    return {
      async *zones() {
        for (const zone of (await api.post("/", { do: "zones" })).list("zones")) yield zone.text();
      },
      async read({ name }) {
        const zone = await api.post("/", { do: "read", zone: name });
        return zone.list("lines").map((line) => line.value as Line);
      },
      async write({ name }, lines) {
        await api.post("/", { do: "write", zone: name, lines: JSON.stringify(lines) });
      },
      txt: (line, { name }) => (line.type === "TXT" && sameName(line.host, name) ? line.data : undefined),
      record: ({ name, value, ttl }) => ({ host: name, type: "TXT", data: value, ttl }),
    };
  },
});
