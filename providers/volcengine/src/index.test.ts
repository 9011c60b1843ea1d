import { signVolcengine } from "@certwright/provider";
import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const metadata = { RequestId: "20261124", Version: "2018-08-01", Service: "dns", Region: "cn-beijing" };
const ok = (Result: unknown) => ({ ResponseMetadata: metadata, Result });
const codes: Record<number, string> = {
  401: "SignatureDoesNotMatch",
  403: "AccessDenied",
  404: "ErrZoneNotFound",
  409: "ErrRecordExist",
  429: "FlowLimitExceeded",
};

// https://www.volcengine.com/docs/6758/155086
conformance(provider, {
  test,
  api: {
    auth({ method, rawUrl, headers, text, query }, { accessKeyId, secretKey, region = "cn-beijing" }) {
      const [, y, m, d, h, i, s] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(headers["x-date"] ?? "") ?? [];
      const now = () => Date.parse(`${y}-${m}-${d}T${h}:${i}:${s}Z`);
      const sign = signVolcengine({ accessKey: accessKeyId, secretKey, region, service: "dns", now });
      const type = headers["content-type"] === undefined ? {} : { "content-type": headers["content-type"] };
      const signed = sign({ method, url: new URL(rawUrl, `http://${headers.host}`), headers: type, body: text });
      return signed.headers.authorization === headers.authorization && query.Version === "2018-08-01";
    },
    errors: ({ status, message }) =>
      answer(status, {
        ResponseMetadata: { ...metadata, Error: { Code: codes[status] ?? "ErrParam", Message: message } },
      }),
    routes: {
      "GET /?Action=ListZones&SearchMode=exact": ({ query }, dns) => {
        const found = dns.zones.filter(({ name }) => name === query.Key);
        const { items, total } = dns.paged(found, { page: query.PageNumber, size: query.PageSize, max: 500 });
        return ok({ Total: total, Zones: items.map(({ id, name }) => ({ ZID: Number(id), ZoneName: name })) });
      },
      "GET /?Action=ListRecords&SearchMode=exact": ({ query: { ZID, Host, Type, PageNumber, PageSize } }, dns) => {
        const found = dns.zone(ZID).list({ name: Host, type: Type } as never);
        const { items, total, page, size } = dns.paged(found, { page: PageNumber, size: PageSize, max: 500 });
        const Records = items.map(({ id, name, fqdn, type, value, ttl }) => ({
          RecordID: id,
          Host: name,
          FQDN: fqdn,
          Type: type,
          Value: value,
          TTL: ttl,
          Line: "default",
        }));
        return ok({ TotalCount: total, PageNumber: page, PageSize: size, Records });
      },
      "POST /?Action=CreateRecord": ({ json: { ZID, Host, Type, Value, TTL, Line } }, dns) => {
        demand(Number.isInteger(ZID) && Line === "default" && TTL >= 600, "parameter error", 400);
        const { id } = dns.zone(String(ZID)).add({ name: Host, type: Type, value: Value, ttl: TTL });
        return ok({ RecordID: id, Host, Type, Value, TTL });
      },
      "POST /?Action=DeleteRecord": ({ json }, dns) => {
        dns.zoneOf(json.RecordID).remove(json.RecordID);
        return ok(null);
      },
    },
  },
});
