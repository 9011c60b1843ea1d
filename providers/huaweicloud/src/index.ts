import {
  defineProvider,
  ProviderError,
  path,
  quote,
  type Reply,
  sameName,
  signHuawei,
  type TxtRecordSet,
  unquote,
  type Zone,
} from "@certwright/provider";

const endpoint = "https://dns.myhuaweicloud.com";
const pageSize = 500;

/** The API of a region, unless another endpoint was chosen. */
function baseUrlOf(region: string | undefined, chosen: string): string {
  if (chosen !== endpoint || region === undefined) return chosen;
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) return `https://dns.${region}.myhuaweicloud.com`;
  throw new ProviderError("PROVIDER_INVALID", `"${region}" is no region of Huawei Cloud`, {
    hint: "Regions look like cn-north-4 or eu-west-101.",
  });
}

/** The gateway's codes for keys and signatures come with 401, 403 or 400: https://support.huaweicloud.com/en-us/devg-apisign/api-sign-errorcode.html */
function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  if (status < 400 || !/^APIGW\.030[1-3]$/.test(reply.textOrNone("error_code") ?? "")) return undefined;
  return new ProviderError("PROVIDER_AUTH", `Huawei Cloud refuses: ${reply.textOrNone("error_msg") ?? "wrong key"}`, {
    status,
    hint: "Check access key id and secret access key, and this machine's clock.",
  });
}

export default defineProvider({
  id: "huaweicloud",
  name: "Huawei Cloud",
  website: "https://www.huaweicloud.com",
  docs: "https://support.huaweicloud.com/intl/en-us/api-dns/ListRecordSetsByZone.html",
  endpoint,
  hosts: ["*.myhuaweicloud.com"],
  options: {
    accessKeyId: { description: "Access key id (AK)", env: ["HUAWEICLOUD_ACCESS_KEY_ID"] },
    secretAccessKey: {
      description: "Secret access key (SK)",
      env: ["HUAWEICLOUD_SECRET_ACCESS_KEY"],
      secret: true,
    },
    region: {
      description: "Region whose API to use; left out, the global one",
      env: ["HUAWEICLOUD_REGION"],
      example: "cn-north-4",
      optional: true,
    },
  },
  traits: { granularity: "recordSet", minTtl: 60 },
  permissions:
    "An IAM user whose policy allows dns:zone:list, and dns:recordset:list, create, update and delete for the zone.",
  tested: {
    by: "contract",
    against: "https://support.huaweicloud.com/intl/en-us/api-dns/ListRecordSetsByZone.html",
    on: "2026-11-24",
  },
  create({ accessKeyId, secretAccessKey, region, endpoint: chosen }, { http, now }) {
    const api = http({
      check,
      baseUrl: baseUrlOf(region, chosen),
      sign: signHuawei({ accessKey: accessKeyId, secretKey: secretAccessKey, now }),
    });
    const list = (to: string, items: string, query: object) =>
      api.pages(to, {
        query: { ...query, limit: pageSize, offset: 0 },
        items: (reply) => reply.list(items),
        next: ({ reply, page }) =>
          page * pageSize < reply.number("metadata", "total_count") ? { offset: page * pageSize } : undefined,
      });
    const recordSets = (zone: Zone) => path`/v2/zones/${zone.id}/recordsets`;

    async function find({ zone, fqdn }: TxtRecordSet): Promise<Reply | undefined> {
      const query = { type: "TXT", name: `${fqdn}.`, search_mode: "equal" };
      for await (const set of list(recordSets(zone), "recordsets", query))
        if (set.text("type") === "TXT" && sameName(set.text("name"), fqdn)) return set;
      return undefined;
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          let isThere = false;
          for await (const zone of list("/v2/zones", "zones", { type: "public", name, search_mode: "equal" })) {
            isThere = true;
            yield { name: zone.text("name"), id: zone.id("id") };
          }
          if (isThere) return;
        }
      },
      async get(set) {
        const known = await find(set);
        return (known?.list("records") ?? []).map((record) => unquote(record.text()));
      },
      async set(set, values) {
        const { zone, fqdn, ttl } = set;
        const known = await find(set);
        const one = known && path`/v2/zones/${zone.id}/recordsets/${known.id("id")}`;
        const body = { name: `${fqdn}.`, type: "TXT", ttl, records: values.map(quote) };
        if (values.length === 0) {
          if (one !== undefined) await api.delete(one, { absent: null });
        } else if (one !== undefined) await api.put(one, body);
        else await api.post(recordSets(zone), body, { repeat: false });
      },
      async inSync(zone) {
        for await (const set of list(recordSets(zone), "recordsets", { type: "TXT" }))
          if (set.text("status").startsWith("PENDING")) return false;
        return true;
      },
    };
  },
});
