import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, string>> = {
  401: "UNABLE_TO_AUTHENTICATE",
  403: "ACCESS_DENIED",
  404: "UNKNOWN_DOMAIN",
};

// https://developer.godaddy.com/doc/endpoint/domains
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey, apiSecret }) => headers.authorization === `sso-key ${apiKey}:${apiSecret}`,
    errors: ({ status, message }) => {
      if (status === 429) return answer(429, { code: "TOO_MANY_REQUESTS", message, retryAfterSec: 30 });
      return answer(status, { code: codes[status] ?? "INVALID_BODY", message });
    },
    routes: {
      "GET /v1/domains": ({ query }, dns) => {
        const offset = dns.zones.findIndex(({ name }) => name === query.marker) + 1;
        const { items } = dns.paged(dns.zones, { offset, size: query.limit, max: 1000 });
        return items.map(({ id, name }) => ({ domainId: Number(id), domain: name, status: "ACTIVE" }));
      },
      "GET /v1/domains/:zone/records/TXT/:name": ({ params }, dns) => {
        const found = dns.zone(params.zone).list({ name: params.name, type: "TXT" });
        return found.map(({ name, type, value, ttl }) => ({ name, type, data: value, ttl }));
      },
      "PUT /v1/domains/:zone/records/TXT/:name": ({ params: { zone, name = "" }, json }, dns) => {
        const records: { data: string; ttl: number }[] = json;
        demand(records.length > 0 && records.every(({ ttl }) => ttl >= 600), "ttl must be at least 600");
        dns.zone(zone).replace(
          { name },
          records.map(({ data }) => data),
          records[0]?.ttl,
        );
        return answer(200);
      },
      "DELETE /v1/domains/:zone/records/TXT/:name": ({ params: { zone, name = "" } }, dns) => {
        demand(dns.zone(zone).removeAll({ name, type: "TXT" }) > 0, "Record not found", 404);
      },
    },
  },
});
