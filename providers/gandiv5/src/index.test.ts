import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

// https://api.gandi.net/docs/livedns/
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { object: "HTTPError", cause: "refused", code: status, message }),
    routes: {
      "GET /domains": ({ query }, dns) => {
        const { items } = dns.paged(dns.zones, { ...query, size: query.per_page, max: 100 });
        return items.map(({ name }) => ({
          fqdn: name,
          domain_href: `https://api.gandi.net/v5/livedns/domains/${name}`,
        }));
      },
      "GET /domains/:zone/records/:name/TXT": ({ params: { zone, name } }, dns) => {
        const found = dns.zone(zone).list({ name, type: "TXT" });
        demand(found.length > 0, `Can't find the DNS record ${name}/TXT in the zone`, 404);
        const rrset_values = found.map(({ value }) => quoted(value));
        return { rrset_name: name, rrset_type: "TXT", rrset_ttl: found[0]?.ttl, rrset_values };
      },
      "PUT /domains/:zone/records/:name/TXT": ({ params: { zone, name = "" }, json }, dns) => {
        demand(json.rrset_ttl >= 300 && json.rrset_values.length > 0, "rrset_ttl: must be 300 or more", 400);
        dns.zone(zone).replace({ name }, json.rrset_values.map(unquoted), json.rrset_ttl);
        return answer(201, { message: "DNS Record Created" });
      },
      "DELETE /domains/:zone/records/:name/TXT": ({ params: { zone, name = "" } }, dns) => {
        demand(dns.zone(zone).removeAll({ name, type: "TXT" }) > 0, `Can't find the DNS record ${name}/TXT`, 404);
      },
    },
  },
});
