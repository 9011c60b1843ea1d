import { answer, conformance, type FakeApi, type FakeDns, quoted, unquoted } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const ok = (result: unknown, result_info?: unknown) => ({
  success: true,
  errors: [],
  messages: [],
  result,
  result_info,
});
const codes: Record<number, number> = { 401: 10000, 403: 9109, 404: 1001, 409: 81058 };

// https://developers.cloudflare.com/api/resources/dns/subresources/records/
const api: FakeApi<typeof provider.options> = {
  auth({ path, bearer, headers }, { apiToken, zoneToken, email, apiKey }) {
    if (!apiToken) return headers["x-auth-email"] === email && headers["x-auth-key"] === apiKey;
    return bearer === (path === "/zones" ? (zoneToken ?? apiToken) : apiToken);
  },
  errors: ({ status, message }) =>
    answer(status === 401 ? 400 : status, {
      success: false,
      errors: [{ code: codes[status] ?? 1004, message }],
      result: null,
    }),
  routes: {
    "GET /zones": ({ query }, dns) =>
      ok(dns.zones.filter(({ name }) => name === query.name).map(({ id, name }) => ({ id, name }))),
    "GET /zones/:zone/dns_records": ({ params, query }, dns) => {
      const found = dns.zone(params.zone).list({ type: query.type, fqdn: query["name.exact"] });
      const { items, page, pages, total } = dns.paged(found, { page: query.page, size: query.per_page, max: 5000 });
      const result = items.map(({ id, fqdn, type, value, ttl }) => ({
        id,
        name: fqdn,
        type,
        content: quoted(value),
        ttl,
      }));
      return ok(result, { page, total_pages: pages, total_count: total, count: items.length });
    },
    "POST /zones/:zone/dns_records/batch": ({ params, json }, dns: FakeDns) => {
      const zone = dns.zone(params.zone);
      for (const { id } of json.deletes ?? []) zone.remove(id);
      for (const { type, name, content, ttl } of json.posts ?? [])
        zone.add({ type, fqdn: name, value: unquoted(content), ttl }, { duplicates: "refuse" });
      return ok({ posts: json.posts ?? [], deletes: json.deletes ?? [] });
    },
  },
};

describe("with an API token", () => conformance(provider, { test, api }));

describe.each([
  ["the global key", { email: "me@example.com", apiKey: "planted-global-key-5e7c19a4d2" }],
  [
    "a token for zones and one for records",
    { apiToken: "planted-dns-5e7c19a4d2", zoneToken: "planted-zones-5e7c19a4d2" },
  ],
])("with %s", (_, options) => {
  // Only the credentials differ, so the cases about them are enough.
  const some = (name: string, body: () => Promise<void>) => /^(adds|wrong|every)/.test(name) && test(name, body);
  conformance(provider, { test: some, api, options });
});
