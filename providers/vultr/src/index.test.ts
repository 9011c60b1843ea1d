import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const meta = (total: number, next?: string) => ({ meta: { total, links: { next: next ?? "", prev: "" } } });

// https://www.vultr.com/api/#tag/dns
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { error: message, status }),
    routes: {
      "GET /v2/domains": ({ query: { cursor, per_page } }, dns) => {
        const { items, total, next } = dns.paged(dns.zones, { cursor, size: per_page, standard: 100, max: 500 });
        return { domains: items.map(({ name }) => ({ domain: name, dns_sec: "disabled" })), ...meta(total, next) };
      },
      "GET /v2/domains/:zone/records": ({ params, query: { cursor, per_page } }, dns) => {
        const { records } = dns.zone(params.zone);
        const { items, total, next } = dns.paged(records, { cursor, size: per_page, standard: 100, max: 500 });
        const list = items.map(({ id, type, name, value, ttl }) => {
          return {
            id,
            type,
            name: name.replace("@", ""),
            data: type === "TXT" ? `"${value}"` : value,
            priority: 0,
            ttl,
          };
        });
        return { records: list, ...meta(total, next) };
      },
      "POST /v2/domains/:zone/records": ({ params, json: { type, name, data, ttl } }, dns) => {
        demand(/^"[^"]*"$/.test(data) && name !== "@", "Invalid TXT record", 400);
        const { id } = dns.zone(params.zone).add({ type, name, value: data.slice(1, -1), ttl });
        return answer(201, { record: { id, type, name, data, priority: 0, ttl } });
      },
      "DELETE /v2/domains/:zone/records/:id": ({ params }, dns) => void dns.zone(params.zone).remove(params.id ?? ""),
    },
  },
});
