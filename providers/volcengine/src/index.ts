import {
  defineProvider,
  ProviderError,
  type Refusal,
  type Reply,
  sameName,
  signVolcengine,
  type TxtRecord,
} from "@certwright/provider";

/** Errors stand inside, whatever the status: https://www.volcengine.com/docs/6369/68677 */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  const error = reply.maybe("ResponseMetadata", "Error");
  const code = error?.textOrNone("Code") ?? "";
  const message = `${error?.textOrNone("Message") ?? ""} (${code})`;
  if (/^(InvalidAccessKey|SignatureDoesNotMatch|InvalidCredential|InvalidSecretToken|InvalidTimestamp)/.test(code))
    return { kind: "auth", message, hint: "Check this machine's clock, too." };
  if (/LimitExceeded$/.test(code)) return { kind: "rateLimited", message };
  return error !== undefined && status < 400 ? { kind: "invalid", message } : undefined;
}

const pageSize = 500;

export default defineProvider({
  id: "volcengine",
  name: "Volcano Engine",
  website: "https://www.volcengine.com",
  docs: "https://www.volcengine.com/docs/6758/155086",
  endpoint: "https://open.volcengineapi.com",
  options: {
    accessKeyId: { description: "Access key id", env: ["VOLC_ACCESSKEY", "Volcengine_ACCESS_KEY_ID"] },
    secretKey: {
      description: "Secret access key",
      env: ["VOLC_SECRETKEY", "Volcengine_SECRET_ACCESS_KEY"],
      secret: true,
    },
    sessionToken: {
      description: "Token of temporary credentials",
      env: ["VOLC_SESSION_TOKEN", "Volcengine_SESSION_TOKEN"],
      secret: true,
      optional: true,
    },
    region: { description: "Region requests are signed for", env: ["VOLC_REGION"], default: "cn-beijing" },
  },
  traits: {
    granularity: "record",
    concurrency: "name",
    // The smallest of the free edition.
    minTtl: 600,
    propagation: 240,
    limits: { specialCharacters: "The API does not document how quotes and backslashes are written in TXT values." },
  },
  permissions: "An IAM user whose policy allows dns:ListZones, ListRecords, CreateRecord and DeleteRecord.",
  tested: { by: "contract", against: "https://www.volcengine.com/docs/6758/155109", on: "2026-11-24" },
  create({ accessKeyId, secretKey, sessionToken, region }, { http, now }) {
    const api = http({
      check,
      query: { Version: "2018-08-01" },
      sign: signVolcengine({ accessKey: accessKeyId, secretKey, sessionToken, region, service: "dns", now }),
    });
    const list = (Action: string, items: string, total: string, query: object) =>
      api.pages("/", {
        query: { ...query, Action, PageSize: pageSize, PageNumber: 1 },
        items: (reply) => reply.at("Result").listOrNone(items),
        next: ({ reply, page }) =>
          page * pageSize < reply.number("Result", total) ? { PageNumber: page + 1 } : undefined,
      });

    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const query = { ZID: zone.id, Host: name, SearchMode: "exact", Type: "TXT" };
      for await (const record of list("ListRecords", "Records", "TotalCount", query))
        if (record.text("Type") === "TXT" && sameName(record.text("Host"), name) && record.text("Value") === value)
          return record.id("RecordID");
      return undefined;
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          let isThere = false;
          for await (const zone of list("ListZones", "Zones", "Total", { Key: name, SearchMode: "exact" })) {
            isThere = true;
            yield { name: zone.text("ZoneName"), id: zone.id("ZID") };
          }
          if (isThere) return;
        }
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/["\\]/.test(value))
          throw new ProviderError(
            "PROVIDER_UNSUPPORTED",
            "TXT values with quotes or backslashes are not safe at Volcengine",
          );
        const known = await find(record);
        if (known !== undefined) return known;
        const body = { ZID: Number(zone.id), Host: name, Type: "TXT", Line: "default", Value: value, TTL: ttl };
        return (await api.post("/", body, { query: { Action: "CreateRecord" }, repeat: false })).id(
          "Result",
          "RecordID",
        );
      },
      async remove(record) {
        const id = await find(record);
        // Not repeated: deleted twice is refused. The host looks again instead.
        if (id !== undefined)
          await api.post("/", { RecordID: id }, { query: { Action: "DeleteRecord" }, repeat: false });
      },
    };
  },
});
