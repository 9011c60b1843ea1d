import { answer, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const words: Readonly<Record<number, string>> = {
  401: "Invalid API key. (002)",
  403: "Domain is not opted in to API access.",
  404: "Invalid domain.",
};
const found = (dns: FakeDns, { zone, name = "@" }: Readonly<Record<string, string>>) => {
  const records = dns.zone(zone).list({ name, type: "TXT" });
  const list = records.map(({ id, fqdn, value, ttl }) => ({
    id,
    name: fqdn,
    type: "TXT",
    content: value,
    ttl: `${ttl}`,
    prio: "0",
  }));
  return { status: "SUCCESS", records: list };
};

// https://porkbun.com/api/json/v3/documentation
conformance(provider, {
  test,
  api: {
    auth: ({ json }, { apiKey, secretApiKey }) => json.apikey === apiKey && json.secretapikey === secretApiKey,
    errors: ({ status, message }) => {
      return answer(words[status] ? 400 : status, { status: "ERROR", message: words[status] ?? message });
    },
    routes: {
      "POST /domain/listAll": ({ json }, dns) => {
        const { items } = dns.paged(dns.zones, { offset: json.start, max: 1000 });
        return { status: "SUCCESS", domains: items.map(({ name }) => ({ domain: name, status: "ACTIVE" })) };
      },
      "POST /dns/retrieveByNameType/:zone/TXT": ({ params }, dns) => found(dns, params),
      "POST /dns/retrieveByNameType/:zone/TXT/:name": ({ params }, dns) => found(dns, params),
      "POST /dns/create/:zone": ({ params, json: { type, name, content, ttl } }, dns) => {
        demand(typeof ttl === "string" && Number(ttl) >= 600 && name !== "@", "Create error: invalid record.", 422);
        return { status: "SUCCESS", id: Number(dns.zone(params.zone).add({ type, name, value: content, ttl }).id) };
      },
      "POST /dns/delete/:zone/:id": ({ params: { zone, id = "" } }, dns) => {
        const gone = dns.zone(zone).records.every((record) => record.id !== id);
        if (gone) return answer(400, { status: "ERROR", message: "Invalid record ID." });
        dns.zone(zone).remove(id);
        return { status: "SUCCESS" };
      },
    },
  },
});
