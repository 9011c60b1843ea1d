import {
  defineProvider,
  ProviderError,
  quote,
  type SdkFailure,
  sameName,
  type TxtRecord,
  unquote,
  type Zone,
} from "@certwright/provider";

/** Codes that say more than the status: https://developers.cloudflare.com/fundamentals/api/troubleshooting/ */
const codes: Readonly<Record<number, SdkFailure["code"]>> = {
  6003: "PROVIDER_AUTH",
  9106: "PROVIDER_AUTH",
  9109: "PROVIDER_FORBIDDEN",
  10000: "PROVIDER_AUTH",
  81045: "PROVIDER_QUOTA",
  81053: "PROVIDER_CONFLICT",
};

/** The most changes one batch takes on a free plan. */
const batchSize = 200;

export default defineProvider({
  id: "cloudflare",
  name: "Cloudflare",
  aliases: ["cf"],
  website: "https://www.cloudflare.com",
  docs: "https://developers.cloudflare.com/api/resources/dns/subresources/records/",
  endpoint: "https://api.cloudflare.com/client/v4",
  endpointEnv: ["CLOUDFLARE_BASE_URL"],
  options: {
    apiToken: {
      description: "API token with the right to edit DNS",
      env: ["CLOUDFLARE_DNS_API_TOKEN", "CF_DNS_API_TOKEN", "CF_Token", "CLOUDFLARE_API_TOKEN"],
      secret: true,
      optional: true,
    },
    zoneToken: {
      description: "API token that lists zones, where the other one may not",
      env: ["CLOUDFLARE_ZONE_API_TOKEN", "CF_ZONE_API_TOKEN"],
      secret: true,
      optional: true,
    },
    email: {
      description: "E-mail address of the account, for the global key",
      env: ["CLOUDFLARE_EMAIL", "CF_API_EMAIL", "CF_Email"],
      optional: true,
    },
    apiKey: {
      description: "Global API key of the account, which may do everything",
      env: ["CLOUDFLARE_API_KEY", "CF_API_KEY", "CF_Key"],
      secret: true,
      optional: true,
    },
  },
  oneOf: [["apiToken"], ["email", "apiKey"]],
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API token with Zone / DNS / Edit for the zone, and Zone / Zone / Read to find it.",
  tested: { by: "contract", against: "cloudflare 7.3.0 and the API's documentation", on: "2026-11-24" },
  async create({ apiToken, zoneToken, email, apiKey, endpoint }, { fetch, sdk }) {
    const { APIError, default: Cloudflare } = await import("cloudflare");
    const settings = { baseURL: endpoint, maxRetries: 0, logLevel: "off", fetch: jsonOnly(fetch) } as const;
    const dns = new Cloudflare({ ...settings, ...(apiToken ? { apiToken } : { apiEmail: email, apiKey }) });
    const finder = zoneToken ? new Cloudflare({ ...settings, apiToken: zoneToken }) : dns;

    const calls = sdk((error) => {
      if (!(error instanceof APIError)) return undefined;
      const [first] = error.errors ?? [];
      const retryAfter = error.headers?.get("retry-after");
      const code = error.status === 429 ? undefined : codes[first?.code ?? 0];
      return { status: error.status, message: first?.message ?? error.message, retryAfter, code };
    });

    /** Our records among those of the zone, in one question for one name, and one for all TXT records for several. */
    async function find(zone: Zone, records: readonly TxtRecord[]) {
      const names = new Set(records.map(({ fqdn }) => fqdn));
      const [fqdn = ""] = names;
      const name = names.size === 1 ? { name: { exact: fqdn } } : {};
      const found: { id: string; record: TxtRecord }[] = [];
      for await (const { id, name: at, content } of dns.dns.records.list({
        zone_id: zone.id,
        type: "TXT",
        per_page: 1000,
        ...name,
      })) {
        const value = unquote(content ?? "");
        const record = records.find((ours) => ours.value === value && sameName(ours.fqdn, at));
        if (record) found.push({ id, record });
      }
      return found;
    }

    async function addAll(zone: Zone, records: readonly TxtRecord[]) {
      const found = await calls.read(() => find(zone, records));
      const missing = records.filter((record) => !found.some((known) => known.record === record));
      for (let start = 0; start < missing.length; start += batchSize) {
        const posts = missing
          .slice(start, start + batchSize)
          .map(({ fqdn, value, ttl }) => ({ type: "TXT" as const, name: fqdn, content: quote(value), ttl }));
        await calls.write(() => dns.dns.records.batch({ zone_id: zone.id, posts }));
      }
    }

    async function removeAll(zone: Zone, records: readonly TxtRecord[]) {
      const found = await calls.read(() => find(zone, records));
      for (let start = 0; start < found.length; start += batchSize) {
        const deletes = found.slice(start, start + batchSize).map(({ id }) => ({ id }));
        await calls.write(() => dns.dns.records.batch({ zone_id: zone.id, deletes }));
      }
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          const page = await calls.read(async () => await finder.zones.list({ name }));
          for (const zone of page.result) yield { name: zone.name, id: zone.id };
          if (page.result.length > 0) return;
        }
      },
      addAll,
      removeAll,
      add: (record) => addAll(record.zone, [record]),
      remove: (record) => removeAll(record.zone, [record]),
    };
  },
});

/** The SDK takes a web page for an empty answer. */
function jsonOnly(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok && !response.headers.get("content-type")?.includes("json"))
      throw new ProviderError("PROVIDER_BAD_ANSWER", "Cloudflare answered with something that is not JSON", {
        hint: "Check the endpoint and what stands in front of it.",
      });
    return response;
  };
}
