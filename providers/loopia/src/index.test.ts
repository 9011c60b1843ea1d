import { answer, conformance, demand, xmlRpc, xmlRpcAnswer } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const words: Readonly<Record<number, string>> = { 401: "AUTH_ERROR", 403: "AUTH_ERROR", 429: "RATE_LIMITED" };

// https://www.loopia.com/api/
conformance(provider, {
  test,
  api: {
    auth: ({ text }, { username, password }) =>
      text.includes(`<params><param><value><string>${username}</string></value></param>`) &&
      text.includes(`<param><value><string>${password}</string></value></param>`),
    errors: ({ status }, { text }) => {
      if (status === 409) return answer(409);
      const word = words[status] ?? (status === 404 ? "UNKNOWN_ERROR" : "BAD_INDATA");
      return xmlRpcAnswer(text.includes("<methodName>get") ? [word] : word);
    },
    routes: {
      "POST /": xmlRpc({
        getDomains: (_params, dns) => dns.zones.map(({ name }) => ({ domain: name, paid: 1, registered: 1 })),
        getZoneRecords: ([, , domain, name], dns) =>
          dns
            .zone(domain)
            .list({ name })
            .map(({ id, type, value, ttl }) => {
              return { type, ttl, priority: 0, rdata: value, record_id: Number(id) };
            }),
        addZoneRecord: ([, , domain, name, { type, ttl, rdata, priority, record_id }], dns) => {
          demand(ttl >= 300 && priority === 0 && record_id === 0, "BAD_INDATA");
          dns.zone(domain).add({ name, type, ttl, value: rdata });
          return "OK";
        },
        removeZoneRecord: ([, , domain, name, id], dns) => {
          demand(
            dns
              .zone(domain)
              .list({ name })
              .some((record) => record.id === String(id)),
            "no such record",
            404,
          );
          dns.zone(domain).remove(id);
          return "OK";
        },
        removeSubdomain: ([, , domain, name], dns) => {
          demand(dns.zone(domain).list({ name }).length === 0, "the subdomain is in use");
          return "OK";
        },
      }),
    },
  },
});
