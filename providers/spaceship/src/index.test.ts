import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

interface Item {
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly ttl: number;
}

// https://docs.spaceship.dev/#tag/DNS-records
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey, apiSecret }) =>
      headers["x-api-key"] === apiKey && headers["x-api-secret"] === apiSecret,
    errors: ({ status, message }) => answer(status, { detail: message }),
    routes: {
      "GET /domains": ({ query }, dns) => {
        const { items, total } = dns.paged(dns.zones, { offset: query.skip, size: query.take, max: 100 });
        return { items: items.map(({ name }) => ({ name, unicodeName: name })), total };
      },
      "GET /dns/records/:zone": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list();
        const { items, total } = dns.paged(found, { offset: query.skip, size: query.take, max: 500 });
        const shown = items.map(({ type, name, value, ttl }) => ({
          type,
          name,
          value,
          ttl,
          group: { type: "custom" },
        }));
        return { items: shown, total };
      },
      "PUT /dns/records/:zone": ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        for (const { type, name, value, ttl } of json.items as Item[]) {
          demand(ttl >= 60 && ttl <= 3600, "ttl is out of range");
          if (zone.list({ type, name, value }).length === 0) zone.add({ type, name, value, ttl });
        }
      },
      "DELETE /dns/records/:zone": ({ params, json }, dns) => {
        for (const { type, name, value } of json as Item[])
          demand(dns.zone(params.zone).removeAll({ type, name, value }) === 1, "Record is not found", 404);
      },
    },
  },
});
