import {
  defineProvider,
  isCertwrightError,
  ProviderError,
  type ProviderErrorCode,
  path,
  type Reply,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

/** What the API's words mean; its status is 400 for nearly everything. */
const meanings: readonly (readonly [RegExp, ProviderErrorCode, string])[] = [
  [/api ?key/i, "PROVIDER_AUTH", "Check apiKey (PORKBUN_API_KEY) and secretApiKey (PORKBUN_SECRET_API_KEY)."],
  [/api access/i, "PROVIDER_FORBIDDEN", "Switch on API access in the domain's details at Porkbun."],
  [/invalid domain/i, "PROVIDER_ZONE_NOT_FOUND", "Check that the domain is in this account."],
  [/invalid record id/i, "PROVIDER_NOT_FOUND", "Look at the zone, then run again."],
];

function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  if (reply.textOrNone("status") !== "ERROR") return undefined;
  const message = reply.textOrNone("message") ?? "no reason given";
  const [, code, hint] = meanings.find(([words]) => words.test(message)) ?? [];
  if (code !== undefined) return new ProviderError(code, `Porkbun: ${message}`, { status, ...(hint ? { hint } : {}) });
  return status < 300 ? new ProviderError("PROVIDER_FAILED", `Porkbun: ${message}`, { status }) : undefined;
}

export default defineProvider({
  id: "porkbun",
  name: "Porkbun",
  website: "https://porkbun.com",
  docs: "https://porkbun.com/api/json/v3/documentation",
  endpoint: "https://api.porkbun.com/api/json/v3",
  options: {
    apiKey: { description: "API key", env: ["PORKBUN_API_KEY"], secret: true },
    secretApiKey: { description: "Secret of the API key", env: ["PORKBUN_SECRET_API_KEY"], secret: true },
  },
  traits: { granularity: "record", concurrency: "serial", minTtl: 600, propagation: 600 },
  permissions:
    "An API key of the account, and API access switched on for the domain; the key cannot be limited further.",
  tested: { by: "contract", against: "https://porkbun.com/api/json/v3/documentation", on: "2026-11-24" },
  create({ apiKey, secretApiKey }, { http }) {
    const api = http({ check });
    const post = (to: string, body = {}, options = {}) =>
      api.post(to, { apikey: apiKey, secretapikey: secretApiKey, ...body }, options);

    async function find({ zone, name, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const to = path`/dns/retrieveByNameType/${zone.name}/TXT` + (name === "@" ? "" : path`/${name}`);
      const records = (await post(to)).listOrNone("records");
      return records.find((found) => sameName(found.text("name"), fqdn) && found.text("content") === value)?.id("id");
    }

    return {
      async *zones() {
        for (let start = 0, count = 1; count > 0; start += 1000) {
          const domains = (await post("/domain/listAll", { start: String(start) })).listOrNone("domains");
          for (const domain of domains) yield domain.text("domain");
          count = domains.length;
        }
      },
      async add(record) {
        const known = await find(record);
        if (known !== undefined) return known;
        const { zone, name, value: content, ttl } = record;
        const body = { type: "TXT", name: name === "@" ? "" : name, content, ttl: String(ttl) };
        return (await post(path`/dns/create/${zone.name}`, body, { repeat: false })).id("id");
      },
      async remove(record) {
        const id = await find(record);
        if (id === undefined) return;
        await post(path`/dns/delete/${record.zone.name}/${id}`).catch((error: unknown) => {
          if (!isCertwrightError(error) || error.code !== "PROVIDER_NOT_FOUND") throw error;
        });
      },
    };
  },
});
