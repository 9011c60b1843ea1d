import { defineProvider, type Refusal, type Reply, sameName, type TxtRecord } from "@certwright/provider";

/** The only lifetimes the API takes, in seconds. */
const ttls = [60, 300, 900, 3600, 10_800, 21_600, 86_400];

const kinds = { 401: "auth", 403: "forbidden", 404: "notFound", 409: "conflict", 429: "rateLimited" } as const;

/** Njalla answers 200 to everything; a failure is the `error` of JSON-RPC, its code that of HTTP. */
function check(reply: Reply): Refusal | undefined {
  const error = reply.maybe("error");
  return (
    error && {
      kind: kinds[error.number("code") as keyof typeof kinds] ?? "invalid",
      message: error.textOrNone("message"),
      hint: "Check NJALLA_TOKEN, and whether it is limited to other domains, methods or addresses.",
    }
  );
}

export default defineProvider({
  id: "njalla",
  name: "Njalla",
  website: "https://njal.la",
  docs: "https://njal.la/api/",
  endpoint: "https://njal.la/api/1",
  options: { token: { description: "API token", env: ["NJALLA_TOKEN", "NJALLA_Token"], secret: true } },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "A token limited to list-domains, list-records, add-record and remove-record.",
  tested: {
    by: "contract",
    against: "what other clients send and read, not the vendor's own page: https://njal.la/api/",
    on: "2026-11-24",
  },
  create({ token }, { http }) {
    const api = http({ headers: { authorization: `Njalla ${token}` }, check });
    const call = async (method: string, params: object, options = {}) =>
      (await api.post("/", { method, params }, options)).at("result");
    async function find({ zone, name, value }: TxtRecord): Promise<Reply | undefined> {
      const records = (await call("list-records", { domain: zone.name })).list("records");
      return records
        .filter((record) => record.text("type") === "TXT" && sameName(record.text("name"), name))
        .find((record) => record.text("content") === value);
    }
    return {
      async zones() {
        return (await call("list-domains", {})).list("domains").map((domain) => domain.text("name"));
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        const known = await find(record);
        if (known !== undefined) return known.id("id");
        const wanted = {
          domain: zone.name,
          type: "TXT",
          name,
          content: value,
          ttl: ttls.find((t) => t >= ttl) ?? 86_400,
        };
        return (await call("add-record", wanted, { repeat: false })).id("id");
      },
      async remove(record) {
        // The id goes back as it came: a number here, a text there.
        const id = (await find(record))?.at("id").value;
        // Not repeated blindly: an answer that was lost is found out by looking again.
        if (id !== undefined) await call("remove-record", { domain: record.zone.name, id }, { repeat: false });
      },
    };
  },
});
