import { answer, conformance, type Page, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const listed = ({ items, page, pages, total, size }: Page<object>) => ({
  data: items,
  pagination: { current_page: page, per_page: size, total_entries: total, total_pages: pages },
});
const content = (type: string, value: string) => (type === "TXT" ? quoted(value) : value);

// https://developer.dnsimple.com/v2/zones/records/
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    routes: {
      "GET /v2/accounts": () => ({ data: [{ id: 1010, email: "john@example.com", name: "John" }] }),
      "GET /v2/1010/zones": ({ query }, dns) => {
        const zones = dns.zones.map(({ id, name }) => ({ id: Number(id), account_id: 1010, name, active: true }));
        return listed(dns.paged(zones, { ...query, size: query.per_page, standard: 30, max: 100 }));
      },
      "GET /v2/:account/zones/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query.type, name: query.name });
        const records = found.map(({ id, name, type, value, ttl }) => {
          return {
            id: Number(id),
            zone_id: params.zone,
            name: name.replace("@", ""),
            type,
            content: content(type, value),
            ttl,
          };
        });
        return listed(dns.paged(records, { ...query, size: query.per_page, standard: 30, max: 100 }));
      },
      "POST /v2/:account/zones/:zone/records": ({ params, json: { name, type, content, ttl } }, dns) => {
        const { id } = dns.zone(params.zone).add({ name, type, value: unquoted(content), ttl });
        return answer(201, { data: { id: Number(id), zone_id: params.zone, name, type, content, ttl } });
      },
      "DELETE /v2/:account/zones/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
      },
    },
  },
});
