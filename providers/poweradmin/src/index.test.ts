import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const ok = (data: object | null, more: object = {}) => ({ success: true, message: "done", data, ...more });
const stripped = (content: string) => (content.includes('" "') ? content : content.slice(1, -1));

// https://docs.poweradmin.org/api/endpoints/
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey }) => headers["x-api-key"] === apiKey,
    errors: ({ status, message }) => answer(status, { success: false, error: { code: "ERROR", message } }),
    routes: {
      "GET /api/v2/zones": ({ query }, dns) => {
        const page = dns.paged(dns.zones, { page: query.page, size: query.per_page, max: 10_000 });
        const zones = page.items.map(({ id, name }) => ({ id: Number(id), name, type: "MASTER" }));
        const pagination = { current_page: page.page, per_page: page.size, total: page.total, last_page: page.pages };
        return ok({ zones }, { pagination });
      },
      "GET /api/v2/zones/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query.type });
        const records = found.map(({ id, fqdn, type, value, ttl }) => {
          return { id: Number(id), name: fqdn, type, content: stripped(quoted(value)), ttl, disabled: false };
        });
        return ok({ records });
      },
      "POST /api/v2/zones/:zone/records": ({ params, json }, dns) => {
        demand(json.type === "TXT" && json.ttl > 0 && !json.name.endsWith("."), "Invalid record", 400);
        const value = unquoted(json.content);
        const { id } = dns.zone(params.zone).add({ fqdn: json.name, value, ttl: json.ttl });
        return answer(201, ok({ record: { id: Number(id), ...json, content: stripped(json.content) } }));
      },
      "DELETE /api/v2/zones/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
      },
    },
  },
});
