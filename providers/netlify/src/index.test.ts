import { answer, conformance, type Page } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const listed = ({ items, next }: Page<object>, to: string) =>
  answer(
    200,
    items,
    next ? { link: `<https://api.netlify.com/api/v1${to}?page=${next}&per_page=100>; rel="next"` } : {},
  );

// https://open-api.netlify.com/#tag/dnsZone
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { code: status, message }),
    routes: {
      "GET /dns_zones": ({ query }, dns) => {
        const zones = dns.zones.map(({ id, name }) => ({ id, name, domain: name, dedicated: false }));
        return listed(dns.paged(zones, { ...query, size: query.per_page, max: 100 }), "/dns_zones");
      },
      "GET /dns_zones/:zone/dns_records": ({ params, query }, dns) => {
        const { id: dns_zone_id, records } = dns.zone(params.zone);
        const all = records.map(({ id, fqdn, type, value, ttl }) => ({
          id,
          hostname: fqdn,
          type,
          value,
          ttl,
          dns_zone_id,
        }));
        return listed(
          dns.paged(all, { ...query, size: query.per_page, max: 100 }),
          `/dns_zones/${dns_zone_id}/dns_records`,
        );
      },
      "POST /dns_zones/:zone/dns_records": ({ params, json: { type, hostname, value, ttl } }, dns) => {
        const { id } = dns.zone(params.zone).add({ type, fqdn: hostname, value, ttl });
        return answer(201, { id, hostname, type, value, ttl, dns_zone_id: params.zone, managed: false });
      },
      "DELETE /dns_zones/:zone/dns_records/:id": ({ params }, dns) =>
        void dns.zone(params.zone).remove(params.id ?? ""),
    },
  },
});
