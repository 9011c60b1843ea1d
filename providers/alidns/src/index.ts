import {
  defineProvider,
  ProviderError,
  type Refusal,
  type RefusalKind,
  type Reply,
  sameName,
  signAlibaba,
  type TxtRecord,
} from "@certwright/provider";

/** Statuses are mostly 400, wrong keys are 404: https://www.alibabacloud.com/help/en/dns/api-alidns-2015-01-09-adddomainrecord */
const kinds: readonly (readonly [RegExp, RefusalKind])[] = [
  [/^(InvalidAccessKeyId|SignatureDoesNotMatch|IncompleteSignature|InvalidSecurityToken|MissingSecurityToken)/, "auth"],
  [/^(Forbidden|NoPermission|DomainForbidden|IncorrectDomainUser)/, "forbidden"],
  [/^Throttling/, "rateLimited"],
  [/^QuotaExceeded/, "quota"],
  [/^(InvalidDomainName\.NoExist|DomainRecordNotBelongToUser)/, "notFound"],
  [/^(DomainRecordConflict|DomainRecordDuplicate|DomainRecordLocked)/, "conflict"],
  [/^(ServiceUnavailable|InternalError)/, "unavailable"],
];

function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  const said = status < 400 ? "" : (reply.textOrNone("Code") ?? "");
  const kind = kinds.find(([form]) => form.test(said))?.[1];
  if (kind === undefined) return undefined;
  const hint = kind === "auth" ? { hint: "Check this machine's clock, too." } : {};
  return { kind, message: `${reply.textOrNone("Message") ?? ""} (${said})`, ...hint };
}

export default defineProvider({
  id: "alidns",
  name: "Alibaba Cloud DNS",
  aliases: ["ali"],
  website: "https://www.alibabacloud.com/product/dns",
  docs: "https://www.alibabacloud.com/help/en/dns/api-alidns-2015-01-09-describedomainrecords",
  endpoint: "https://alidns.aliyuncs.com",
  options: {
    accessKeyId: { description: "AccessKey id", env: ["ALICLOUD_ACCESS_KEY", "Ali_Key"] },
    secretKey: { description: "AccessKey secret", env: ["ALICLOUD_SECRET_KEY", "Ali_Secret"], secret: true },
    securityToken: {
      description: "Token of temporary credentials (STS)",
      env: ["ALICLOUD_SECURITY_TOKEN"],
      secret: true,
      optional: true,
    },
    line: { description: "Line of the records", env: ["ALICLOUD_LINE"], default: "default" },
  },
  traits: {
    granularity: "record",
    concurrency: "name",
    // The smallest of the free edition.
    minTtl: 600,
    limits: {
      specialCharacters: "Alibaba Cloud DNS takes no backslashes in TXT values, and does not say what quotes mean.",
    },
  },
  permissions:
    "A RAM user with alidns:DescribeDomains, and alidns:DescribeDomainRecords, AddDomainRecord and DeleteDomainRecord on the domain.",
  tested: {
    by: "contract",
    against: "https://www.alibabacloud.com/help/en/dns/api-alidns-2015-01-09-describedomainrecords",
    on: "2026-11-24",
  },
  create({ accessKeyId, secretKey, securityToken, line }, { http, now }) {
    const api = http({
      check,
      headers: { "x-acs-version": "2015-01-09" },
      sign: signAlibaba({ accessKey: accessKeyId, secretKey, sessionToken: securityToken, now }),
    });
    const action = (name: string) => ({ "x-acs-action": name });
    const list = (name: string, size: number, query: object, ...items: string[]) =>
      api.pages("/", {
        headers: action(name),
        query: { ...query, PageSize: size, PageNumber: 1 },
        items: (reply) => reply.list(...items),
        next: ({ reply, page }) => (page * size < reply.number("TotalCount") ? { PageNumber: page + 1 } : undefined),
      });

    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      // The host is searched for as a part of a name; the type is not.
      const query = { DomainName: zone.name, RRKeyWord: name, TypeKeyWord: "TXT" };
      for await (const record of list("DescribeDomainRecords", 500, query, "DomainRecords", "Record"))
        if (record.text("Type") === "TXT" && sameName(record.text("RR"), name) && record.text("Value") === value)
          return record.id("RecordId");
      return undefined;
    }

    return {
      async *zones() {
        for await (const zone of list("DescribeDomains", 100, {}, "Domains", "Domain"))
          yield { name: zone.text("DomainName"), id: zone.id("DomainId") };
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/["\\]/.test(value))
          throw new ProviderError(
            "PROVIDER_UNSUPPORTED",
            "TXT values with quotes or backslashes are not safe at Alibaba Cloud",
          );
        const known = await find(record);
        if (known !== undefined) return known;
        const query = { DomainName: zone.name, RR: name, Type: "TXT", Value: value, TTL: ttl, Line: line };
        const made = await api.post("/", undefined, { headers: action("AddDomainRecord"), query, repeat: false });
        return made.id("RecordId");
      },
      async remove(record) {
        const id = await find(record);
        if (id === undefined) return;
        // Not repeated: deleted twice is refused. The host looks again instead.
        const call = { headers: action("DeleteDomainRecord"), query: { RecordId: id }, repeat: false };
        await api.post("/", undefined, call);
      },
    };
  },
});
