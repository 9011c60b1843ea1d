import { answer, conformance, demand, type FakeRecord, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, string>> = { 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "RESOURCE_NOT_FOUND" };
const shown = ({ id, fqdn, type, value, ttl }: FakeRecord) => ({
  id,
  name: fqdn,
  type,
  content: type === "TXT" ? quoted(value) : value,
  ttl,
  disabled: false,
});

// https://developer.hosting.ionos.de/assets/kms-swagger-specs/dns.yaml
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey }) => headers["x-api-key"] === apiKey,
    errors: ({ status, message }) => answer(status, [{ code: codes[status] ?? "INVALID_DATA", message }]),
    routes: {
      "GET /v1/zones": (_, dns) => dns.zones.map(({ id, name }) => ({ id, name, type: "NATIVE" })),
      "GET /v1/zones/:zone": ({ params, query }, dns) => {
        const zone = dns.zone(params.zone);
        const records = zone.list({ fqdn: query.recordName, type: query.recordType });
        return { id: zone.id, name: zone.name, type: "NATIVE", records: records.map(shown) };
      },
      "POST /v1/zones/:zone/records": ({ params, json }, dns) => {
        const made = json.map((record: { name: string; type: string; content: string; ttl: number }) => {
          demand(record.ttl >= 60, "TTL out of range", 400);
          return dns
            .zone(params.zone)
            .add({ fqdn: record.name, type: record.type, value: unquoted(record.content), ttl: record.ttl });
        });
        return answer(201, made.map(shown));
      },
      "DELETE /v1/zones/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return answer(200);
      },
    },
  },
});
