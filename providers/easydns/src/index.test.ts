import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const tm = 1709190001;

// https://docs.sandbox.rest.easydns.net; its answers hold lists where the page shows one entry, and numbers as texts.
conformance(provider, {
  test,
  api: {
    auth: ({ basic, query }, { token, key }) =>
      basic?.user === token && basic.password === key && query.format === "json",
    errors: ({ status, message }) => {
      if (status !== 429) return answer(status, { error: { code: status, message } });
      return answer(420, { error: { code: 420, message: "Enhance Your Calm. Rate limit exceeded" } });
    },
    routes: {
      "GET /zones/records/all/:zone": ({ params, query }, dns) => {
        const zone = dns.zones.find(({ name }) => name === params.zone);
        if (zone === undefined) return answer(404, { error: { code: 404, message: "Zone not found" } });
        const { items, total, offset } = dns.paged(zone.records, { offset: query.start ?? 0, max: 1000 });
        const data = items.map(({ id, name: host, type, value: rdata, ttl }) => {
          return { id, domain: zone.name, host, ttl: String(ttl), prio: "0", geozone_id: "0", type, rdata };
        });
        return { msg: "OK", status: 200, tm, data, count: items.length, total, start: offset, max: 1000 };
      },
      "PUT /zones/records/add/:zone/TXT": ({ params, json }, dns) => {
        demand(json.domain === params.zone && typeof json.ttl === "string" && json.type === "TXT", "Bad data", 400);
        const { id } = dns.zone(params.zone).add({ name: json.host, value: json.rdata, ttl: json.ttl });
        return answer(201, { msg: "OK", tm, data: { ...json, id }, status: 201 });
      },
      "DELETE /zones/records/:zone/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return { msg: "OK", tm, data: { domain: params.zone, id: params.id }, status: 200 };
      },
    },
  },
});
