import { conformance, demand, type FakeZone, quoted, text, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const rrsets = (zone: FakeZone, name: string, type: string) => {
  const found = zone.list({ fqdn: name, type });
  if (found.length === 0) return [];
  return [
    {
      name,
      type,
      ttl: found[0]?.ttl,
      records: found.map(({ value }) => ({ content: quoted(value), disabled: false })),
    },
  ];
};

// https://doc.powerdns.com/authoritative/http-api/zone.html
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey }) => headers["x-api-key"] === apiKey,
    errors: ({ status }) => (status === 401 ? text("Unauthorized", 401) : undefined),
    routes: {
      "GET /api/v1/servers/localhost/zones": ({ query }, dns) =>
        dns.zones
          .filter(({ name }) => `${name}.` === query.zone)
          .map(({ name }) => ({ id: `${name}.`, name: `${name}.` })),
      "GET /api/v1/servers/localhost/zones/:id": ({ params, query }, dns) => ({
        rrsets: rrsets(dns.zone(params.id), query.rrset_name ?? "", query.rrset_type ?? ""),
      }),
      "PATCH /api/v1/servers/localhost/zones/:id": ({ params, json }, dns) => {
        for (const { name, ttl, changetype, records = [] } of json.rrsets) {
          demand(name.endsWith("."), `${name} is not canonical`);
          const values = records.map(({ content }: { content: string }) => unquoted(content));
          dns.zone(params.id).replace({ fqdn: name }, changetype === "DELETE" ? [] : values, ttl);
        }
      },
    },
  },
});
