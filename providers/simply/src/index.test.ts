import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const ok = { status: 200, message: "success" };

// https://www.simply.com/en/docs/api/
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { accountName, apiKey }) => basic?.user === accountName && basic.password === apiKey,
    errors: ({ status, message }) => answer(status, { status, message }),
    routes: {
      "GET /my/products/": (_, dns) => ({
        ...ok,
        products: [
          { object: "S1-mail", name: "Mail only", autorenew: true },
          ...dns.zones.map(({ id, name }) => ({ object: `p${id}`, name, domain: { name, name_idn: name } })),
        ],
      }),
      "GET /my/products/:product/dns/records/": ({ params }, dns) => ({
        ...ok,
        records: dns
          .zone(params.product?.slice(1))
          .list()
          .map(({ id, name, type, value, ttl }) => ({
            record_id: Number(id),
            name,
            type,
            data: value,
            ttl,
            priority: 0,
          })),
      }),
      "POST /my/products/:product/dns/records/": ({ params, json }, dns) => {
        demand(typeof json.ttl === "number" && json.ttl >= 120, "Invalid TTL", 400);
        const { id } = dns.zone(params.product?.slice(1)).add({ type: json.type, name: json.name, value: json.data });
        return { ...ok, record: { id: Number(id) } };
      },
      "DELETE /my/products/:product/dns/records/:id/": ({ params }, dns) => {
        dns.zone(params.product?.slice(1)).remove(params.id ?? "");
        return ok;
      },
    },
  },
});
