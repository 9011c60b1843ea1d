import { answer, conformance, demand, escapeXml, xml } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const reply = (code: number, detail: string, content = "") =>
  xml(
    `<?xml version="1.0"?><namesilo><request><operation>x</operation><ip>192.0.2.7</ip></request>` +
      `<reply><code>${code}</code><detail>${escapeXml(detail)}</detail>${content}</reply></namesilo>`,
  );
const success = (content = "") => reply(300, "success", content);
const elements = (fields: Readonly<Record<string, string | number>>) =>
  Object.entries(fields)
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join("");
const codes: Readonly<Record<number, number>> = { 401: 110, 403: 113, 404: 200, 422: 280 };

// https://www.namesilo.com/api-reference
conformance(provider, {
  test,
  api: {
    auth: ({ query }, { apiKey }) => query.key === apiKey && query.version === "1" && query.type === "xml",
    errors: ({ status, message }) => (codes[status] ? reply(codes[status], message) : answer(status)),
    routes: {
      "GET /listDomains": (_, dns) =>
        success(`<domains>${dns.zones.map(({ name }) => elements({ domain: name })).join("")}</domains>`),
      "GET /dnsListRecords": ({ query }, dns) => {
        const records = dns.zone(query.domain).records.map(({ id, type, fqdn, value, ttl }) => {
          const fields = elements({ record_id: id, type, host: fqdn, value, ttl, distance: 0 });
          return `<resource_record>${fields}</resource_record>`;
        });
        return success(records.join(""));
      },
      "GET /dnsAddRecord": ({ query: { domain, rrtype = "", rrhost = "", rrvalue = "", rrttl } }, dns) => {
        demand(Number(rrttl) >= 3600 && Number(rrttl) <= 2592000, "invalid ttl");
        const { id } = dns.zone(domain).add({ name: rrhost, type: rrtype, value: rrvalue, ttl: Number(rrttl) });
        return success(elements({ record_id: id }));
      },
      "GET /dnsDeleteRecord": ({ query }, dns) => {
        dns.zone(query.domain).remove(query.rrid ?? "");
        return success();
      },
    },
  },
});
