import { answer, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

/** Newest first, the next page below a time stamp; here the place in the list stands in for the time. */
const page = (dns: FakeDns, all: readonly object[], { limit, until }: Readonly<Record<string, string>>) => {
  const offset = until === undefined ? 0 : all.length - Number(until) + 1;
  const { items, total, next } = dns.paged([...all].reverse(), { offset, size: limit, standard: 20, max: 100 });
  return { items, pagination: { count: items.length, next: next ? total - Number(next) + 1 : null, prev: null } };
};

// https://vercel.com/docs/rest-api/reference/endpoints/dns
conformance(provider, {
  test,
  options: { teamId: "team_1a2b3c" },
  api: {
    auth: ({ bearer, query }, { token, teamId }) => bearer === token && query.teamId === teamId,
    errors: ({ status, message }) => answer(status, { error: { code: "refused", message } }),
    routes: {
      "GET /v5/domains": ({ query }, dns) => {
        const { items, pagination } = page(
          dns,
          dns.zones.map(({ id, name }) => ({ id, name })),
          query,
        );
        return { domains: items, pagination };
      },
      "GET /v5/domains/:zone/records": ({ params, query }, dns) => {
        const all = dns.zone(params.zone).records.map((record) => ({ ...record, name: record.name.replace("@", "") }));
        const { items, pagination } = page(dns, all, query);
        return { records: items, pagination };
      },
      "POST /v2/domains/:zone/records": ({ params, json: { type, name, value, ttl } }, dns) => {
        demand(ttl >= 60 && name !== "@", "Invalid request", 400);
        return { uid: dns.zone(params.zone).add({ type, name, value, ttl }).id };
      },
      "DELETE /v2/domains/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return {};
      },
    },
  },
});
