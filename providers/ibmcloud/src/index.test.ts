import { answer, conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

// https://sldn.softlayer.com/reference/services/SoftLayer_Dns_Domain/
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { username, apiKey }) => basic?.user === username && basic.password === apiKey,
    errors: ({ status, message }) => answer(status, { error: message, code: "SoftLayer_Exception" }),
    routes: {
      "GET /SoftLayer_Dns_Domain/getByDomainName/:name": ({ params }, dns) => {
        const zone = dns.find(params.name?.replace(/\.json$/, "") ?? "");
        return zone ? [{ id: Number(zone.id), name: zone.name, serial: 2026112400 }] : [];
      },
      "GET /SoftLayer_Dns_Domain/:zone/getResourceRecords.json": ({ params, query }, dns) => {
        const { resourceRecords } = JSON.parse(query.objectFilter ?? "{}");
        const [offset, size] = query.resultLimit?.split(",") ?? [];
        const found = dns.zone(params.zone).list({ type: resourceRecords.type.operation.toUpperCase() });
        return dns.paged(found, { offset, size, max: 100 }).items.map(({ id, name, type, value, ttl }) => ({
          id: Number(id),
          host: name,
          type: type.toLowerCase(),
          data: value,
          ttl,
        }));
      },
      "POST /SoftLayer_Dns_Domain/:zone/createTxtRecord.json": ({ params, json }, dns) => {
        const [name, value, ttl] = json.parameters;
        demand(ttl >= 60, "The TTL is too small.", 400);
        const { id } = dns.zone(params.zone).add({ name, value, ttl });
        return { id: Number(id), host: name, type: "txt", data: value, ttl };
      },
      "DELETE /SoftLayer_Dns_Domain_ResourceRecord/:id": ({ params }, dns) => {
        const id = params.id?.replace(/\.json$/, "") ?? "";
        dns.zoneOf(id).remove(id);
        return true;
      },
    },
  },
});
