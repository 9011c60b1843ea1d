import { signAlibaba } from "@certwright/provider";
import { type ApiRequest, answer, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Record<number, readonly [number, string]> = {
  401: [404, "InvalidAccessKeyId.NotFound"],
  403: [403, "Forbidden.RAM"],
  404: [400, "InvalidDomainName.NoExist"],
  409: [400, "DomainRecordDuplicate"],
  429: [400, "Throttling.User"],
};
const total = (page: { total: number; page: number; size: number }) => ({
  TotalCount: page.total,
  PageNumber: page.page,
  PageSize: page.size,
});

// https://www.alibabacloud.com/help/en/dns/api-alidns-2015-01-09-describedomainrecords and its neighbours
const actions: Record<string, (request: ApiRequest, dns: FakeDns) => object> = {
  "GET DescribeDomains"({ query }, dns) {
    const page = dns.paged(dns.zones, { page: query.PageNumber, size: query.PageSize, max: 100 });
    const Domain = page.items.map(({ id, name }) => ({ DomainId: id, DomainName: name, PunyCode: name }));
    return { ...total(page), Domains: { Domain } };
  },
  "GET DescribeDomainRecords"({ query: { DomainName, RRKeyWord = "", TypeKeyWord, PageNumber, PageSize } }, dns) {
    const found = dns.zone(DomainName).list({ type: TypeKeyWord });
    const matching = found.filter(({ name }) => name.toLowerCase().includes(RRKeyWord.toLowerCase()));
    const page = dns.paged(matching, { page: PageNumber, size: PageSize, max: 500 });
    const Record = page.items.map(({ id, name, type, value, ttl }) => ({
      RecordId: id,
      RR: name,
      Type: type,
      Value: value,
      TTL: ttl,
      Line: "default",
    }));
    return { ...total(page), DomainRecords: { Record } };
  },
  "POST AddDomainRecord"({ query: { DomainName, RR, Type, Value, TTL, Line } }, dns) {
    demand(Number(TTL) >= 600 && Line === "default", "The parameter is not valid.", 400);
    const record = { name: RR, type: Type, value: Value, ttl: Number(TTL) };
    return { RecordId: dns.zone(DomainName).add(record as never, { duplicates: "refuse" }).id };
  },
  "POST DeleteDomainRecord"({ query: { RecordId = "" } }, dns) {
    dns.zoneOf(RecordId).remove(RecordId);
    return { RecordId };
  },
};
const run = (request: ApiRequest, dns: FakeDns) => {
  const action = actions[`${request.method} ${request.headers["x-acs-action"]}`];
  demand(action !== undefined && request.headers["x-acs-version"] === "2015-01-09", "no such action", 400);
  return { RequestId: "536E9CAD", ...action(request, dns) };
};

conformance(provider, {
  test,
  api: {
    auth({ method, rawUrl, headers, text }, { accessKeyId, secretKey }) {
      const now = () => Date.parse(headers["x-acs-date"] ?? "");
      const nonce = () => headers["x-acs-signature-nonce"] ?? "";
      const sign = signAlibaba({ accessKey: accessKeyId, secretKey, now, nonce });
      const acs = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-acs-")));
      const signed = sign({ method, url: new URL(rawUrl, `http://${headers.host}`), headers: acs, body: text });
      return signed.headers.authorization === headers.authorization;
    },
    errors({ status, message }) {
      const [actual, code] = codes[status] ?? [status, "InvalidParameter"];
      return answer(actual, { RequestId: "536E9CAD", HostId: "alidns.aliyuncs.com", Code: code, Message: message });
    },
    routes: { "GET /": run, "POST /": run },
  },
});
