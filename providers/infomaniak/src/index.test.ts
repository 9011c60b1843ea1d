import { answer, conformance, demand, type FakeRecord, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, string>> = {
  401: "not_authorized",
  403: "access_denied",
  404: "object_not_found",
};
const success = (data: unknown) => ({ result: "success", data });
const shown = ({ id, name, type, value, ttl }: FakeRecord) => ({
  id: Number(id),
  source: name === "@" ? "." : name,
  type,
  target: type === "TXT" ? quoted(value) : value,
  ttl,
  updated_at: 1779826643,
});

// https://developer.infomaniak.com/docs/api
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { accessToken }) => bearer === accessToken,
    errors: ({ status, message }) =>
      answer(status, { result: "error", error: { code: codes[status] ?? "validation_failed", description: message } }),
    routes: {
      "GET /2/zones/:zone/exists": ({ params }, dns) => success(dns.zone(params.zone).name !== ""),
      "GET /2/zones/:zone/records": ({ params, query }, dns) => {
        const found = dns.zone(params.zone).list({ type: query["filter[types][]"] });
        const { items, ...rest } = dns.paged(found, { page: query.page, size: query.per_page, max: 100 });
        const { page, pages, size, total } = rest;
        return { ...success(items.map(shown)), page, pages, items_per_page: size, total };
      },
      "POST /2/zones/:zone/records": ({ params, json: { source, type, target, ttl } }, dns) => {
        demand(source !== "@" && ttl >= 60, "The source is not valid");
        const name = source === "." ? "@" : source;
        return answer(201, success(shown(dns.zone(params.zone).add({ name, type, value: unquoted(target), ttl }))));
      },
      "DELETE /2/zones/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return success(true);
      },
    },
  },
});
