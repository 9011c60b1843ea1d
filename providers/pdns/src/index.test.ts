import { conformance, demand, type FakeZone, quoted, text, unquoted } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const server = "/api/v1/servers/localhost";

const rrset = (zone: FakeZone, name: string, type: string) => {
  const found = zone.list({ fqdn: name, type });
  const records = found.map(({ value }) => ({ content: quoted(value), disabled: false }));
  return found.length === 0 ? [] : [{ name: name.toLowerCase(), type, ttl: found[0]?.ttl, records }];
};

/** Since 5.1 escapes are resolved before the content is read (PowerDNS pull request 15994). */
const normalized = (content: string) =>
  content.replace(/\\(\d{3}|.)/g, (_, part) => (/\d/.test(part) ? String.fromCharCode(part) : part));

// https://doc.powerdns.com/authoritative/http-api/zone.html
describe.each(["4.9.4", "5.1.5"])("PowerDNS %s", (version) => {
  const read = (content: string) => unquoted(version === "5.1.5" ? normalized(content) : content);

  conformance(provider, {
    test,
    api: {
      auth: ({ headers }, { apiKey }) => headers["x-api-key"] === apiKey,
      errors: ({ status }) => (status === 401 ? text("Unauthorized", 401) : undefined),
      routes: {
        [`GET ${server}`]: () => ({ id: "localhost", version }),
        [`GET ${server}/zones`]: ({ query }, dns) =>
          dns.zones
            .filter(({ name }) => `${name}.` === query.zone)
            .map(({ name }) => ({ id: `${name}.`, name: `${name}.` })),
        [`GET ${server}/zones/:id`]: ({ params, query }, dns) => ({
          rrsets: rrset(dns.zone(params.id), query.rrset_name ?? "", query.rrset_type ?? ""),
        }),
        [`PATCH ${server}/zones/:id`]: ({ params, json }, dns) => {
          for (const { name, ttl, changetype, records = [] } of json.rrsets) {
            demand(name.endsWith("."), `${name} is not canonical`);
            const values = records.map(({ content }: { content: string }) => read(content));
            dns.zone(params.id).replace({ fqdn: name }, changetype === "DELETE" ? [] : values, ttl);
          }
        },
      },
    },
  });
});
