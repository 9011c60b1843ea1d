import { type ApiRequest, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const ttls = [60, 300, 900, 3600, 10_800, 21_600, 86_400];
const rpc =
  (method: (params: ApiRequest["json"], dns: FakeDns) => unknown) =>
  ({ json }: ApiRequest, dns: FakeDns) => ({ jsonrpc: "2.0", result: method(json.params, dns) });

// https://njal.la/api/
conformance(provider, {
  test,
  api: {
    auth: ({ headers }, { token }) => headers.authorization === `Njalla ${token}`,
    errors: ({ status, message }) => ({ jsonrpc: "2.0", error: { code: status === 401 ? 403 : status, message } }),
    routes: {
      "POST /?method=list-domains": rpc((_, dns) => ({
        domains: dns.zones.map(({ name }) => ({ name, status: "active", expiry: "2030-01-01T00:00:00Z" })),
      })),
      "POST /?method=list-records": rpc(({ domain }, dns) => ({
        records: dns
          .zone(domain)
          .list()
          .map(({ id, name, type, value, ttl }) => ({ id: Number(id), name, type, content: value, ttl })),
      })),
      "POST /?method=add-record": rpc(({ domain, type, name, content, ttl }, dns) => {
        demand(ttls.includes(ttl), "Invalid TTL", 400);
        const { id } = dns.zone(domain).add({ type, name, value: content, ttl });
        return { id: Number(id), name, type, content, ttl };
      }),
      "POST /?method=remove-record": rpc(({ domain, id }, dns) => {
        demand(typeof id === "number", "Invalid id", 400);
        dns.zone(domain).remove(id);
        return {};
      }),
    },
  },
});
