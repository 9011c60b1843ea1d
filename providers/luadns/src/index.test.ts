import { answer, conformance, demand, type FakeRecord, type Page } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const listed = ({ items, page, pages, size, total }: Page<object>) =>
  answer(200, items, {
    "x-page": String(page),
    "x-limit": String(size),
    "x-total-pages": String(pages),
    "x-total-count": String(total),
  });
const entry = ({ id, fqdn, type, value, ttl }: FakeRecord) => ({
  id: Number(id),
  name: `${fqdn}.`,
  type,
  content: value,
  ttl,
});

// https://www.luadns.com/api.html
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { username, token }) => basic?.user === username && basic.password === token,
    errors: ({ status, message }) => answer(status, { status: "refused", request_id: "4d9d8375", message }),
    routes: {
      "GET /zones": ({ query }, dns) => {
        const zones = dns.zones.map(({ id, name }) => ({ id: Number(id), name, synced: false, queries_count: 0 }));
        return listed(dns.paged(zones, { ...query, size: query.limit, max: 100 }));
      },
      "GET /zones/:zone/records": ({ params, query }, dns) =>
        listed(dns.paged(dns.zone(params.zone).records.map(entry), { ...query, size: query.limit, max: 100 })),
      "POST /zones/:zone/records": ({ params, json: { name, type, content, ttl } }, dns) => {
        demand(name.endsWith(".") && ttl >= 300, "Name must end in a dot, TTL must be at least 300");
        return entry(dns.zone(params.zone).add({ fqdn: name, type, value: content, ttl }));
      },
      "DELETE /zones/:zone/records/:id": ({ params }, dns) => entry(dns.zone(params.zone).remove(params.id ?? "")),
    },
  },
});
