import { answer, conformance, demand, type Page } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const listed = ({ items, page, pages, total }: Page<object>) => ({ data: items, page, pages, results: total });

// https://techdocs.akamai.com/linode-api/reference/get-domain-records, and /filtering-and-sorting for the header
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { errors: [{ reason: message }] }),
    routes: {
      "GET /domains": ({ query, headers }, dns) => {
        const wanted: { domain: string }[] = JSON.parse(headers["x-filter"] ?? "")["+or"];
        const found = dns.zones.filter(({ name }) => wanted.some(({ domain }) => domain === name));
        const domains = found.map(({ id, name }) => ({
          id: Number(id),
          domain: name,
          type: "master",
          status: "active",
        }));
        return listed(dns.paged(domains, { ...query, size: query.page_size, standard: 100, max: 500 }));
      },
      "GET /domains/:zone/records": ({ params, query, headers }, dns) => {
        const found = dns.zone(params.zone).list(JSON.parse(headers["x-filter"] ?? "{}"));
        const records = found.map(({ id, type, name, value, ttl }) => {
          return { id: Number(id), type, name: name.replace("@", ""), target: value, ttl_sec: ttl };
        });
        return listed(dns.paged(records, { ...query, size: query.page_size, standard: 100, max: 500 }));
      },
      "POST /domains/:zone/records": ({ params, json: { type, name, target, ttl_sec } }, dns) => {
        demand(name !== "@" && target.length > 0, "Hostname is not valid", 400);
        const { id } = dns.zone(params.zone).add({ type, name, value: target, ttl: ttl_sec });
        return { id: Number(id), type, name, target, ttl_sec };
      },
      "DELETE /domains/:zone/records/:id": ({ params }, dns) => {
        dns.zone(params.zone).remove(params.id ?? "");
        return {};
      },
    },
  },
});
