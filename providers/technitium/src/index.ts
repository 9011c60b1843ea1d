import {
  defineProvider,
  isCertwrightError,
  ProviderError,
  type Refusal,
  type Reply,
  type TxtRecord,
} from "@certwright/provider";

const zonesPerPage = 100;

const kinds = [
  [/access was denied/i, "forbidden"],
  [/no such zone/i, "zoneNotFound"],
  [/record already exists/i, "conflict"],
  [/no such record/i, "notFound"],
] as const;

/** The server answers 200 to everything; `status` tells, and of the reasons only the sentence. */
function check(reply: Reply, { status: httpStatus }: { readonly status: number }): Refusal | undefined {
  const status = reply.maybe("status")?.value;
  if (status === "ok" || (status === undefined && httpStatus >= 300)) return undefined;
  const message = reply.textOrNone("errorMessage") ?? String(status);
  if (status === "invalid-token") return { kind: "auth", message };
  if (status !== "error") throw new ProviderError("PROVIDER_BAD_ANSWER", `the server's status is ${message}`);
  return { kind: kinds.find(([words]) => words.test(message))?.[1] ?? "invalid", message };
}

/** Runs a call for which one way to fail means that the work is done already. */
async function unless(code: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isCertwrightError(error) || error.code !== code) throw error;
  }
}

export default defineProvider({
  id: "technitium",
  name: "Technitium DNS Server",
  website: "https://technitium.com/dns/",
  docs: "https://github.com/TechnitiumSoftware/DnsServer/blob/master/APIDOCS.md",
  options: {
    endpoint: {
      description: "Address of the server's web console",
      env: ["TECHNITIUM_SERVER_BASE_URL", "Technitium_Server"],
      type: "url",
      example: "https://dns.example.com:53443",
    },
    token: { description: "API token", env: ["TECHNITIUM_API_TOKEN", "Technitium_Token"], secret: true },
  },
  traits: { granularity: "record", concurrency: "name", minTtl: 1, propagation: 60 },
  permissions: "A user of its own who may view, modify and delete in this one zone and view zones, and no more.",
  tested: {
    by: "contract",
    against: "https://github.com/TechnitiumSoftware/DnsServer/blob/master/APIDOCS.md",
    on: "2026-11-24",
  },
  create({ token }, { http }) {
    const api = http({ send: "form", check });
    // The token goes into the body: that is read by every version, the Authorization header only since 15.
    const call = (path: string, fields: object) => api.post(path, { token, ...fields });
    const fieldsOf = ({ zone, fqdn, value }: TxtRecord) => ({
      zone: zone.name,
      domain: fqdn,
      type: "TXT",
      text: value,
    });
    return {
      async *zones() {
        for (let page = 1, pages = 1; page <= pages; page++) {
          const list = (await call("/api/zones/list", { pageNumber: page, zonesPerPage })).at("response");
          for (const zone of list.list("zones")) {
            const internal = zone.maybe("internal")?.flag() ?? false;
            if (zone.text("name") !== "" && !internal) yield zone.text("name");
          }
          pages = list.number("totalPages");
        }
      },
      async add(record) {
        await unless(
          "PROVIDER_CONFLICT",
          call("/api/zones/records/add", { ...fieldsOf(record), ttl: record.ttl, overwrite: false }),
        );
      },
      async remove(record) {
        await unless("PROVIDER_NOT_FOUND", call("/api/zones/records/delete", fieldsOf(record)));
      },
    };
  },
});
