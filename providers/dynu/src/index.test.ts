import { answer, conformance, demand, type FakeRecord, type FakeZone } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const statusCode = 200;
/** The status inside, the type, and the status it is sent with. */
const faults: Readonly<Record<number, readonly [number, string, number]>> = {
  401: [401, "Authentication Exception", 401],
  404: [404, "Request Exception", 200],
  422: [501, "Argument Exception", 200],
};
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
      const [code, type, sent] = faults[status] ?? [status, "Server Exception", status];
      return answer(sent, { exception: { statusCode: code, type, message } });
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
