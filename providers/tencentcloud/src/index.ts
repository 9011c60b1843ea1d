import {
  defineProvider,
  ProviderError,
  type Refusal,
  type RefusalKind,
  type Reply,
  sameName,
  signTencent,
  type TxtRecord,
} from "@certwright/provider";

/** The API always answers 200; its code says what went wrong: https://cloud.tencent.com/document/api/1427/56192 */
const kinds: readonly (readonly [RegExp, RefusalKind])[] = [
  [
    /^AuthFailure\.UnauthorizedOperation|^UnauthorizedOperation|^OperationDenied|^FailedOperation\.NotDomainOwner/,
    "forbidden",
  ],
  [/^AuthFailure/, "auth"],
  [/^RequestLimitExceeded/, "rateLimited"],
  [/^(InternalError|FailedOperation\.(Unknow|Unknown)Error|ServerBusy)/, "unavailable"],
  [/^LimitExceeded/, "quota"],
  [/^ResourceNotFound|DomainNotExists|DomainIdInvalid|RecordIdInvalid/, "notFound"],
];

/** No record is an empty list here, and a record that is there is what was wanted. */
const fine = new Set([
  "ResourceNotFound.NoDataOfRecord",
  "ResourceNotFound.NoDataOfDomain",
  "InvalidParameter.DomainRecordExist",
]);

function check(reply: Reply): Refusal | undefined {
  const error = reply.maybe("Response", "Error");
  if (error === undefined || fine.has(error.text("Code"))) return undefined;
  const code = error.text("Code");
  const kind = kinds.find(([form]) => form.test(code))?.[1] ?? "invalid";
  return { kind, message: `${error.text("Message")} (${code})` };
}

const pageSize = 3000;

export default defineProvider({
  id: "tencentcloud",
  name: "Tencent Cloud DNSPod",
  aliases: ["tencent"],
  website: "https://cloud.tencent.com/product/dns",
  docs: "https://cloud.tencent.com/document/product/1427/56153",
  endpoint: "https://dnspod.tencentcloudapi.com",
  options: {
    secretId: { description: "Secret id of an API key", env: ["TENCENTCLOUD_SECRET_ID", "Tencent_SecretId"] },
    secretKey: {
      description: "Secret key of the API key",
      env: ["TENCENTCLOUD_SECRET_KEY", "Tencent_SecretKey"],
      secret: true,
    },
    sessionToken: {
      description: "Token of temporary credentials",
      env: ["TENCENTCLOUD_SESSION_TOKEN"],
      secret: true,
      optional: true,
    },
  },
  traits: {
    granularity: "record",
    concurrency: "name",
    // The smallest of the free plan.
    minTtl: 600,
    limits: { specialCharacters: "The API does not document how quotes and backslashes are written in TXT values." },
  },
  permissions:
    "A sub-user's API key with dnspod:DescribeDomainList, DescribeRecordList, CreateRecord and DeleteRecord for the domain.",
  tested: { by: "contract", against: "https://cloud.tencent.com/document/product/1427/56166", on: "2026-11-24" },
  create({ secretId, secretKey, sessionToken }, { http, now }) {
    const api = http({
      check,
      headers: { "x-tc-version": "2021-03-23" },
      sign: signTencent({ accessKey: secretId, secretKey, sessionToken, service: "dnspod", now }),
    });
    const call = async (action: string, body: object, repeat = true): Promise<Reply> =>
      (await api.post("/", body, { headers: { "x-tc-action": action }, repeat })).at("Response");

    async function* list(action: string, body: object, items: string, total: readonly [string, string]) {
      for (let offset = 0; ; offset += pageSize) {
        const page = await call(action, { ...body, Offset: offset, Limit: pageSize });
        yield* page.listOrNone(items);
        if (offset + pageSize >= (page.maybe(...total)?.number() ?? 0)) return;
      }
    }

    async function find({ zone, name, value }: TxtRecord): Promise<number | undefined> {
      const wanted = { Domain: zone.name, Subdomain: name, RecordType: "TXT" };
      for await (const record of list("DescribeRecordList", wanted, "RecordList", ["RecordCountInfo", "TotalCount"]))
        if (record.text("Type") === "TXT" && sameName(record.text("Name"), name) && record.text("Value") === value)
          return record.number("RecordId");
      return undefined;
    }

    return {
      async *zones() {
        for await (const zone of list("DescribeDomainList", { Type: "ALL" }, "DomainList", [
          "DomainCountInfo",
          "AllTotal",
        ]))
          yield { name: zone.text("Name"), id: zone.id("DomainId") };
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/["\\]/.test(value))
          throw new ProviderError(
            "PROVIDER_UNSUPPORTED",
            "TXT values with quotes or backslashes are not safe at DNSPod",
          );
        if ((await find(record)) !== undefined) return;
        // The line is called "default" in Chinese, in the international API as well.
        const body = {
          Domain: zone.name,
          SubDomain: name,
          RecordType: "TXT",
          RecordLine: "默认",
          Value: value,
          TTL: ttl,
        };
        await call("CreateRecord", body, false);
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await call("DeleteRecord", { Domain: record.zone.name, RecordId: id }, false);
      },
    };
  },
});
