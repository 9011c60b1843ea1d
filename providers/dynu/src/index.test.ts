import { answer, conformance, demand, type FakeRecord, type FakeZone } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const statusCode = 200;
const entry = (zone: FakeZone, { id, name, fqdn, type, value, ttl }: FakeRecord) => ({
  id: Number(id),
  domainId: Number(zone.id),
  domainName: zone.name,
  nodeName: name.replace("@", ""),
  hostname: fqdn,
  recordType: type,
  ttl,
  state: true,
  ...(type === "TXT" ? { textData: value } : { content: `${fqdn}. ${ttl} IN ${type} ${value}` }),
});

// https://www.dynu.com/en-US/Support/API
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { apiKey }) => headers["api-key"] === apiKey,
    errors: ({ status, message }) => {
      // Bad values and unknown things are told apart by words only.
      const own = [404, 422].includes(status) ? 501 : status;
      return answer(own, { statusCode: own, type: own === 501 ? "Argument Exception" : "Exception", message });
    },
    routes: {
      "GET /dns": (_, dns) => {
        const domains = dns.zones.map(({ id, name }) => ({
          id: Number(id),
          name,
          unicodeName: name,
          state: "Complete",
        }));
        return { statusCode, domains };
      },
      "GET /dns/:zone/record": ({ params }, dns) => {
        const zone = dns.zone(params.zone);
        return { statusCode, dnsRecords: zone.records.map((record) => entry(zone, record)) };
      },
      "POST /dns/:zone/record": ({ params, json: { nodeName, recordType, textData, ttl, state } }, dns) => {
        demand(nodeName !== "@" && state === true && ttl >= 30, "Invalid.");
        const zone = dns.zone(params.zone);
        return { statusCode, ...entry(zone, zone.add({ name: nodeName, type: recordType, value: textData, ttl })) };
      },
      "DELETE /dns/:zone/record/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return { statusCode };
      },
    },
  },
});
