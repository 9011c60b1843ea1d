import { answer, conformance, demand, type FakeRecord, type Page } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

/** What is zero or empty is left out of its documents. */
const listed = (list: string, { items, next, pages }: Page<object>) => ({
  ...(items.length > 0 ? { [list]: items } : {}),
  ...(next === undefined ? {} : { nextPage: Number(next), lastPage: pages }),
});
const entry = ({ id, name, fqdn, type, value, ttl }: FakeRecord) => ({
  id: Number(id),
  ...(name === "@" ? {} : { host: name }),
  fqdn: `${fqdn}.`,
  type,
  answer: value,
  ttl,
});

// https://www.name.com/api-docs/DNS
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { username, token }) => basic?.user === username && basic.password === token,
    errors: ({ status, message }) => answer(status, { message, details: "" }),
    routes: {
      "GET /v4/domains": ({ query }, dns) => {
        const domains = dns.zones.map(({ name }) => ({ domainName: name, locked: true }));
        return listed("domains", dns.paged(domains, { ...query, size: query.perPage, max: 1000 }));
      },
      "GET /v4/domains/:zone/records": ({ params, query }, dns) => {
        const records = dns.zone(params.zone).records.map(entry);
        return listed("records", dns.paged(records, { ...query, size: query.perPage, max: 1000 }));
      },
      "POST /v4/domains/:zone/records": ({ params, json }, dns) => {
        demand(json.ttl >= 300, "Invalid TTL", 400);
        return entry(dns.zone(params.zone).add({ ...json, name: json.host, value: json.answer }));
      },
      "DELETE /v4/domains/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return {};
      },
    },
  },
});
