import { signTencent } from "@certwright/provider";
import { type ApiRequest, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Record<number, string> = {
  401: "AuthFailure.SignatureFailure",
  403: "UnauthorizedOperation",
  404: "InvalidParameterValue.DomainNotExists",
  409: "InvalidParameter.DomainRecordExist",
  429: "RequestLimitExceeded",
};

// https://cloud.tencent.com/document/product/1427/56153
const actions: Record<string, (request: ApiRequest, dns: FakeDns) => unknown> = {
  DescribeDomainList({ json }, dns) {
    const { items, total } = dns.paged(dns.zones, { offset: json.Offset, size: json.Limit, max: 3000 });
    const DomainList = items.map(({ id, name }) => ({ DomainId: Number(id), Name: name, Punycode: name }));
    return { DomainCountInfo: { DomainTotal: total, AllTotal: total }, DomainList };
  },
  DescribeRecordList({ json }, dns) {
    const found = dns.zone(json.Domain).list({ name: json.Subdomain, type: json.RecordType });
    if (found.length === 0)
      return { Error: { Code: "ResourceNotFound.NoDataOfRecord", Message: "The record list is empty." } };
    const { items, total } = dns.paged(found, { offset: json.Offset, size: json.Limit, max: 3000 });
    const RecordList = items.map(({ id, name, type, value, ttl }) => ({
      RecordId: Number(id),
      Name: name,
      Type: type,
      Value: value,
      TTL: ttl,
      Line: "默认",
    }));
    return { RecordCountInfo: { SubdomainCount: 1, ListCount: items.length, TotalCount: total }, RecordList };
  },
  CreateRecord({ json }, dns) {
    demand(json.RecordLine === "默认" && json.TTL >= 600, "The record line is incorrect.");
    const { id } = dns
      .zone(json.Domain)
      .add({ name: json.SubDomain, type: json.RecordType, value: json.Value, ttl: json.TTL }, { duplicates: "refuse" });
    return { RecordId: Number(id) };
  },
  DeleteRecord: ({ json }, dns) => void dns.zone(json.Domain).remove(String(json.RecordId)),
};

conformance(provider, {
  test,
  api: {
    auth(request, { secretId, secretKey }) {
      const { method, rawUrl, headers, text } = request;
      const seconds = Number(headers["x-tc-timestamp"]);
      const sign = signTencent({ accessKey: secretId, secretKey, service: "dnspod", now: () => seconds * 1000 });
      const url = new URL(rawUrl, `http://${headers.host}`);
      const signed = sign({ method, url, headers: { "content-type": headers["content-type"] ?? "" }, body: text });
      return signed.headers.authorization === headers.authorization;
    },
    errors: ({ status, message }) =>
      status < 500
        ? { Response: { Error: { Code: codes[status] ?? "InvalidParameter", Message: message }, RequestId: "r-1" } }
        : undefined,
    routes: {
      "POST /": (request, dns) => {
        const { "x-tc-action": action = "", "x-tc-version": version } = request.headers;
        demand(version === "2021-03-23" && action in actions, "The action does not exist.");
        return { Response: { ...(actions[action]?.(request, dns) as object), RequestId: "r-1" } };
      },
    },
  },
});
