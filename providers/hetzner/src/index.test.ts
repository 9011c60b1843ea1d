import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
};
const running = answer(201, { action: { id: 14, status: "running", progress: 50, error: null } });

// https://docs.hetzner.cloud/reference/cloud#tag/zone-rrset-actions
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) =>
      answer(status, { error: { code: codes[status] ?? "error", message, details: null } }),
    routes: {
      "GET /zones": ({ query }, dns) => {
        const { items, page, next } = dns.paged(dns.zones, { ...query, size: query.per_page, standard: 25, max: 50 });
        const zones = items.map(({ id, name }) => ({ id: Number(id), name, mode: "primary", ttl: 3600 }));
        return { zones, meta: { pagination: { page, next_page: next ? Number(next) : null } } };
      },
      "GET /zones/:zone/rrsets/:name/TXT": ({ params, params: { name } }, dns) => {
        const found = dns.zone(params.zone).list({ name, type: "TXT" });
        demand(found.length > 0, `rrset with ID '${name}/TXT' not found`, 404);
        const records = found.map(({ value }) => ({ value: quoted(value), comment: "" }));
        return { rrset: { id: `${name}/TXT`, name, type: "TXT", ttl: found[0]?.ttl, records } };
      },
      "POST /zones/:zone/rrsets/:name/TXT/actions/add_records": ({ params: { zone, name = "" }, json }, dns) => {
        for (const { value } of json.records)
          dns.zone(zone).add({ name, value: unquoted(value), ttl: json.ttl }, { duplicates: "refuse" });
        return running;
      },
      "POST /zones/:zone/rrsets/:name/TXT/actions/remove_records": ({ params: { zone, name }, json }, dns) => {
        for (const { value } of json.records)
          demand(dns.zone(zone).removeAll({ name, type: "TXT", value: unquoted(value) }) > 0, "record not found", 404);
        return running;
      },
      "GET /actions/:id": ({ params }) => ({ action: { id: Number(params.id), status: "success", error: null } }),
    },
  },
});
