import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

type Answer = { readonly answer: readonly string[]; readonly id?: string };
const values = (answers: readonly Answer[]) => answers.map(({ answer: [value = ""] }) => value);

// https://developer.ibm.com/apis/catalog/ns1--ibm-ns1-connect-api/
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey }) => headers["x-nsone-key"] === apiKey,
    errors: ({ status, message }) => answer(status, { message: status === 404 ? "record not found" : message }),
    routes: {
      "GET /zones": ({ query: { after } }, dns) => {
        const offset = dns.zones.findIndex(({ name }) => name === after) + 1;
        const { items, next } = dns.paged(dns.zones, { offset, max: 100 });
        const link = `<http://api.nsone.net/v1/zones?after=${items.at(-1)?.name}>; rel="next"`;
        return answer(
          200,
          items.map(({ id, name }) => ({ id, zone: name, name })),
          next ? { link } : {},
        );
      },
      "GET /zones/:zone/:fqdn/TXT": ({ params: { zone, fqdn } }, dns) => {
        const found = dns.zone(zone).list({ fqdn, type: "TXT" });
        demand(found.length > 0, "record not found", 404);
        const answers = found.map(({ id, value }) => ({ id, answer: [value] }));
        return { zone, domain: fqdn, type: "TXT", ttl: found[0]?.ttl, answers, filters: [] };
      },
      "PUT /zones/:zone/:fqdn/TXT": ({ params: { zone, fqdn = "" }, json }, dns) => {
        demand(dns.zone(zone).list({ fqdn, type: "TXT" }).length === 0, "record already exists", 400);
        demand(json.zone === dns.zone(zone).name && json.domain === fqdn && json.type === "TXT", "invalid record", 400);
        dns.zone(zone).replace({ fqdn }, values(json.answers), json.ttl);
        return json;
      },
      "POST /zones/:zone/:fqdn/TXT": ({ params: { zone, fqdn = "" }, json }, dns) => {
        const known = dns.zone(zone).list({ fqdn, type: "TXT" });
        demand(known.length > 0, "record not found", 404);
        // Whoever leaves out the id of an answer makes it anew, without its settings.
        for (const { id, value } of known)
          demand(
            json.answers.every((one: Answer) => one.answer[0] !== value || one.id === id),
            "answer lost its id",
            422,
          );
        dns.zone(zone).replace({ fqdn }, values(json.answers), json.ttl ?? known[0]?.ttl);
        return json;
      },
      "DELETE /zones/:zone/:fqdn/TXT": ({ params: { zone, fqdn } }, dns) => {
        demand(dns.zone(zone).removeAll({ fqdn, type: "TXT" }) > 0, "record not found", 404);
        return {};
      },
    },
  },
});
