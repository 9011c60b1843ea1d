import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const links = (next?: string) => ({
  links: next ? { pages: { next: `https://api.digitalocean.com/?page=${next}` } } : {},
});

// https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { id: "error", message, request_id: "4d9d8375" }),
    routes: {
      "GET /v2/domains": ({ query }, dns) => {
        const { items, total, next } = dns.paged(dns.zones, { ...query, size: query.per_page, standard: 20, max: 200 });
        return { domains: items.map(({ name }) => ({ name, ttl: 1800 })), meta: { total }, ...links(next) };
      },
      "GET /v2/domains/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query.type, fqdn: query.name });
        const { items, total, next } = dns.paged(found, { ...query, size: query.per_page, standard: 20, max: 200 });
        const domain_records = items.map(({ id, value, ...record }) => ({ ...record, id: Number(id), data: value }));
        return { domain_records, meta: { total }, ...links(next) };
      },
      "POST /v2/domains/:zone/records": ({ params, json: { type, name, data, ttl } }, dns) => {
        demand(type === "TXT" && ttl >= 30, "Ttl must be greater than or equal to 30.");
        const { id } = dns.zone(params.zone).add({ type, name, value: data, ttl });
        return answer(201, { domain_record: { id: Number(id), type, name, data, ttl } });
      },
      "DELETE /v2/domains/:zone/records/:id": ({ params }, dns) => void dns.zone(params.zone).remove(params.id ?? ""),
    },
  },
});
