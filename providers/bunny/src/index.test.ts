import { answer, conformance, demand, type FakeZone } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const numbers: Readonly<Record<string, number>> = { A: 0, AAAA: 1, CNAME: 2, TXT: 3, MX: 4 };
const listed = ({ id, name, records }: FakeZone) => ({
  Id: Number(id),
  Domain: name,
  Records: records.map((record) => {
    const Name = record.name.replace("@", "");
    return { Id: Number(record.id), Type: numbers[record.type], Name, Value: record.value, Ttl: record.ttl };
  }),
});

// https://docs.bunny.net/api-reference/core/dns-zone/list-dns-zones
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { accessKey }) => headers.accesskey === accessKey,
    errors: ({ status, message }) => answer(status, { ErrorKey: "refused", Field: "", Message: message }),
    routes: {
      "GET /dnszone": ({ query }, dns) => {
        const page = dns.paged(dns.zones, { ...query, size: query.perPage, max: 1000 });
        const more = page.next !== undefined;
        return { Items: page.items.map(listed), CurrentPage: page.page, TotalItems: page.total, HasMoreItems: more };
      },
      "GET /dnszone/:zone": ({ params }, dns) => listed(dns.zone(params.zone)),
      "PUT /dnszone/:zone/records": ({ params, json: { Type, Name, Value, Ttl } }, dns) => {
        demand(Type === 3 && Name !== "@", "The record is not valid.", 400);
        const { id } = dns.zone(params.zone).add({ name: Name, value: Value, ttl: Ttl });
        return answer(201, { Id: Number(id), Type, Name, Value, Ttl });
      },
      "DELETE /dnszone/:zone/records/:id": ({ params }, dns) => void dns.zone(params.zone).remove(params.id ?? ""),
    },
  },
});
