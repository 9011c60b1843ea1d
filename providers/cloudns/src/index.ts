import {
  defineProvider,
  ProviderError,
  type Refusal,
  type Reply,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

/** The only lifetimes the API takes, in seconds. */
const ttls = [60, 300, 900, 1800, 3600, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800, 1_209_600, 2_419_200];

const rowsPerPage = 100;

/** ClouDNS answers 200 to everything, and only its sentence tells what went wrong. */
function check(reply: Reply): Refusal | undefined {
  if (Array.isArray(reply.value) || reply.maybe("status")?.value !== "Failed") return undefined;
  const message = reply.textOrNone("statusDescription") ?? "no reason given";
  if (/authentication|auth-id|auth-password/i.test(message))
    return { kind: "auth", message, hint: "Check the id, too, and the addresses the API user may come from." };
  if (/domain-name/i.test(message)) return { kind: "zoneNotFound", message };
  return { kind: /requests per second/i.test(message) ? "rateLimited" : "invalid", message };
}

export default defineProvider({
  id: "cloudns",
  name: "ClouDNS",
  website: "https://www.cloudns.net",
  docs: "https://www.cloudns.net/wiki/article/41/",
  endpoint: "https://api.cloudns.net/dns",
  options: {
    authId: { description: "Id of the API user", env: ["CLOUDNS_AUTH_ID"], optional: true },
    subAuthId: { description: "Id of the API sub-user", env: ["CLOUDNS_SUB_AUTH_ID"], optional: true },
    authPassword: { description: "Password of the API user or sub-user", env: ["CLOUDNS_AUTH_PASSWORD"], secret: true },
  },
  oneOf: [["authId"], ["subAuthId"]],
  traits: {
    granularity: "record",
    concurrency: "zone",
    minTtl: 60,
    propagation: 180,
    limits: { specialCharacters: "ClouDNS does not keep double quotes and backslashes in TXT values as they are." },
  },
  permissions: "An API sub-user to whom only the zone is delegated.",
  tested: { by: "contract", against: "https://www.cloudns.net/wiki/article/57/", on: "2026-11-24" },
  create({ authId, subAuthId, authPassword }, { http }) {
    const api = http({ send: "form", check });
    const user = subAuthId === undefined ? { "auth-id": authId } : { "sub-auth-id": subAuthId };
    // In the body and never in the query, which servers and proxies write down.
    const call = (name: string, fields: object, options = {}) =>
      api.post(`/${name}.json`, { ...user, "auth-password": authPassword, ...fields }, options);
    async function* rows(name: string, fields: object) {
      for (let page = 1, count = rowsPerPage; count === rowsPerPage; page++) {
        const reply = await call(name, { ...fields, page, "rows-per-page": rowsPerPage });
        // Records come as an object by id, zones as a list; of either, nothing is an empty list.
        const found = Array.isArray(reply.value) ? reply.list() : reply.entries().map(([, row]) => row);
        yield* found;
        count = found.length;
      }
    }
    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const fields = { "domain-name": zone.name, host: name === "@" ? "" : name, type: "TXT" };
      for await (const row of rows("records", fields)) {
        const isOurs = row.text("type") === "TXT" && sameName(row.text("host"), name);
        if (isOurs && row.text("record") === value) return row.id("id");
      }
      return undefined;
    }
    return {
      // A search for the last two labels finds every zone that can hold the name, and few others.
      async *zones(candidates) {
        for await (const row of rows("list-zones", { search: candidates.at(-2) ?? candidates.at(-1) }))
          yield row.text("name");
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/["\\`]/.test(value))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "ClouDNS takes no quotes and backslashes in TXT values");
        const known = await find(record);
        if (known !== undefined) return known;
        const fields = {
          "domain-name": zone.name,
          "record-type": "TXT",
          host: name === "@" ? "" : name,
          record: value,
          ttl: ttls.find((seconds) => seconds >= ttl) ?? ttls.at(-1),
        };
        return (await call("add-record", fields, { repeat: false })).id("data", "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id === undefined) return;
        // Not repeated blindly: an answer that was lost is found out by looking again.
        await call("delete-record", { "domain-name": record.zone.name, "record-id": id }, { repeat: false });
      },
    };
  },
});
