import { createHmac } from "node:crypto";
import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

// https://api-docs.dnsmadeeasy.com/
conformance(provider, {
  test,
  api: {
    auth({ headers }, { apiKey, apiSecret }, dns) {
      const date = headers["x-dnsme-requestdate"] ?? "";
      const right = createHmac("sha1", String(apiSecret)).update(date).digest("hex");
      const near = Math.abs(Date.parse(date) - dns.now()) <= 30_000 && date.endsWith("GMT");
      return headers["x-dnsme-apikey"] === apiKey && headers["x-dnsme-hmac"] === right && near;
    },
    // Too many requests are a bad request here.
    errors: ({ status, message }) =>
      status === 429 ? answer(400, { error: ["Rate limit exceeded"] }) : answer(status, { error: [message] }),
    routes: {
      "GET /dns/managed/name": ({ query }, dns) => {
        const zone = dns.zones.find(({ name }) => name === query.domainname);
        if (zone === undefined) return answer(404, { error: ["Cannot find domain"] });
        return { id: Number(zone.id), name: zone.name, gtdEnabled: false };
      },
      "GET /dns/managed/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query.type });
        const { items, page, pages, total } = dns.paged(found, { ...query, max: 100, first: 0 });
        const data = items.map(({ id, name, type, value, ttl }) => {
          return { id: Number(id), name: name.replace("@", ""), type, value: quoted(value), ttl, source: 1 };
        });
        return { data, page, totalPages: pages, totalRecords: total };
      },
      "POST /dns/managed/:zone/records": ({ params, json: { name, type, value, ttl, gtdLocation } }, dns) => {
        demand(name !== "@" && gtdLocation === "DEFAULT", "Record is not valid", 400);
        const { id } = dns.zone(params.zone).add({ name, type, value: unquoted(value), ttl });
        return answer(201, { id: Number(id), name, type, value, ttl, source: 1 });
      },
      "DELETE /dns/managed/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return answer(200);
      },
    },
  },
});
