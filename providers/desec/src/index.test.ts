import { answer, conformance, demand, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

// https://desec.readthedocs.io/en/latest/dns/rrsets.html
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { token }) => headers.authorization === `Token ${token}`,
    errors: ({ status, message }) => answer(status, { detail: message }),
    routes: {
      "GET /domains/": ({ query }, dns) => {
        const zone = dns.owner(query.owns_qname);
        return zone ? [{ name: zone.name, minimum_ttl: 3600 }] : [];
      },
      "GET /domains/:zone/rrsets/:name/TXT/": ({ params }, dns) => {
        const found = dns.zone(params.zone).list({ name: params.name, type: "TXT" });
        if (found.length === 0) throw new Refusal(404, "Not found.");
        return { subname: params.name, type: "TXT", records: found.map(({ value }) => quoted(value)) };
      },
      "PATCH /domains/:zone/rrsets/": ({ params, json }, dns) => {
        for (const { subname, type, ttl, records } of json) {
          demand(type === "TXT" && ttl >= 3600, "Ensure this value is greater than or equal to 3600.", 400);
          dns.zone(params.zone).replace({ name: subname }, records.map(unquoted), ttl);
        }
        return json.filter(({ records }: { records: string[] }) => records.length > 0);
      },
    },
  },
});
