import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const types: Readonly<Record<number, string>> = {
  401: "denied_authentication",
  403: "permissions_denied",
  404: "not_found",
};
const split = (name: string) =>
  name === "a.example.com" ? { domain: "example.com", subdomain: "a" } : { domain: name, subdomain: "" };

// https://www.scaleway.com/en/developers/api/domains-and-dns/
conformance(provider, {
  test,
  options: { projectId: "b3ba5a30-8f4b-4e2f-9a62-9a5f0a4f3c57" },
  api: {
    auth: ({ headers }, { secretKey }) => headers["x-auth-token"] === secretKey,
    errors: ({ status, message }) => answer(status, { type: types[status] ?? "invalid_arguments", message }),
    routes: {
      "GET /domain/v2beta1/dns-zones?project_id=b3ba5a30-8f4b-4e2f-9a62-9a5f0a4f3c57": ({ query }, dns) => {
        const { items, total } = dns.paged(dns.zones, { ...query, size: query.page_size, standard: 20, max: 100 });
        return { dns_zones: items.map(({ name }) => ({ ...split(name), status: "active" })), total_count: total };
      },
      "GET /domain/v2beta1/dns-zones/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query.type });
        const { items, total } = dns.paged(found, { ...query, size: query.page_size, standard: 20, max: 100 });
        const records = items.map(({ id, name, type, value, ttl }) => {
          return { id, name: name.replace("@", ""), type, data: quoted(value), ttl, priority: 0, comment: null };
        });
        return { records, total_count: total };
      },
      "PATCH /domain/v2beta1/dns-zones/:zone/records": ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        demand(json.disallow_new_zone_creation === true, "zone creation was not ruled out");
        for (const { add, delete: gone } of json.changes) {
          for (const { name, type, data, ttl } of add?.records ?? [])
            zone.add({ name, type, value: unquoted(data), ttl });
          if (gone !== undefined) zone.remove(gone.id);
        }
        return { records: [] };
      },
    },
  },
});
