import { defineProvider, ProviderError, type Reply, type RpcValue, type TxtRecord, xmlRpc } from "@certwright/provider";

/** Seconds: the API takes 60 calls a minute. */
const restOfMinute = 30;

/** Loopia answers failures as a word, alone or as the only item of the list that was asked for. */
function check(reply: Reply): ProviderError | undefined {
  const value = reply.maybe("methodResponse", "params", "param", "value");
  if (value === undefined || typeof value.value === "string") return undefined;
  const first = value.maybe("array", "data")?.listOrNone("value")[0];
  const inner = first === undefined || typeof first.value === "string" ? undefined : first.maybe("string");
  const word = (value.maybe("string") ?? inner)?.text().trim();
  const message = `Loopia answers ${word}`;
  switch (word) {
    case "AUTH_ERROR":
      return new ProviderError("PROVIDER_AUTH", message, {
        hint: "Check LOOPIA_API_USER and LOOPIA_API_PASSWORD, and that the API user may call the methods of the README.",
      });
    case "RATE_LIMITED":
      return new ProviderError("PROVIDER_RATE_LIMITED", message, { retryAfter: restOfMinute });
    case "BAD_INDATA":
      return new ProviderError("PROVIDER_INVALID", message);
    case "UNKNOWN_ERROR":
      return new ProviderError("PROVIDER_FAILED", message, {
        hint: "Loopia says so for domains that are not in the account too; check the zone.",
      });
    default:
      return undefined;
  }
}

function mustBeOk(reply: Reply): void {
  if (reply.text().trim() !== "OK")
    throw new ProviderError("PROVIDER_BAD_ANSWER", "Loopia did not say that the change was made", { uncertain: true });
}

export default defineProvider({
  id: "loopia",
  name: "Loopia",
  website: "https://www.loopia.com",
  docs: "https://www.loopia.com/api/",
  endpoint: "https://api.loopia.se/RPCSERV",
  endpointEnv: ["LOOPIA_API_URL", "LOOPIA_Api"],
  options: {
    username: {
      description: "Name of the API user",
      env: ["LOOPIA_API_USER", "LOOPIA_User"],
      example: "someone@loopiaapi",
    },
    password: { description: "Its password", env: ["LOOPIA_API_PASSWORD", "LOOPIA_Password"], secret: true },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 300, propagation: 2400 },
  permissions:
    "An API user limited to getDomains, getZoneRecords, addZoneRecord, removeZoneRecord and removeSubdomain.",
  tested: { by: "contract", against: "https://www.loopia.com/api/", on: "2026-11-24" },
  create({ username, password }, { http }) {
    const client = http({ check, timeoutMs: 60_000 });
    const reads = xmlRpc(client);
    const changes = xmlRpc(client, { repeat: false });
    const read = (method: string, ...params: readonly RpcValue[]) => reads(method, username, password, ...params);
    const change = async (method: string, ...params: readonly RpcValue[]) =>
      mustBeOk(await changes(method, username, password, ...params));
    const recordsAt = async ({ zone, name }: TxtRecord) => (await read("getZoneRecords", zone.name, name)).list();
    const findIn = (records: readonly Reply[], value: string) =>
      records.find((record) => record.text("type") === "TXT" && record.text("rdata") === value)?.number("record_id");
    return {
      zones: async () => (await read("getDomains")).list().map((domain) => domain.text("domain")),
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (findIn(await recordsAt(record), value) !== undefined) return;
        const fields = { type: "TXT", ttl, priority: 0, rdata: value, record_id: 0 };
        await change("addZoneRecord", zone.name, name, fields);
      },
      async remove(record) {
        const { zone, name, value } = record;
        const records = await recordsAt(record);
        const id = findIn(records, value);
        if (id !== undefined) await change("removeZoneRecord", zone.name, name, id);
        // A name without records would stay behind as an empty subdomain.
        const isLast = id !== undefined && records.length === 1 && name !== "@";
        if (isLast) await change("removeSubdomain", zone.name, name);
      },
    };
  },
});
