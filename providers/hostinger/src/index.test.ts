import { answer, conformance, demand, type FakeRecord, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const sets = (records: readonly FakeRecord[]) =>
  Object.values(Object.groupBy(records, ({ name, type }) => `${name} ${type}`)).map((group = []) => {
    const contents = group.map(({ type, value }) => (type === "TXT" ? quoted(value) : value));
    const { name, type, ttl } = group[0] as FakeRecord;
    return { name, type, ttl, records: contents.map((content) => ({ content, is_disabled: false })) };
  });
const bare = ({ content }: { content: string }) => (content.startsWith('"') ? unquoted(content) : content);
const correlation_id = "26a91bd9-f8c8-4a83-9df9-83e23d696fe3";

// https://developers.hostinger.com/#tag/dns-zone
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    errors: ({ status, message }) => answer(status, { message, correlation_id }),
    routes: {
      "GET /api/dns/v1/zones/:zone": ({ params }, dns) => sets(dns.zone(params.zone).records),
      "PUT /api/dns/v1/zones/:zone": ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        for (const { name, type, ttl, records } of json.zone) {
          demand(type === "TXT" && records.length > 0, "The records field is required.");
          if (json.overwrite ?? true) zone.removeAll({ name, type });
          for (const value of records.map(bare)) zone.add({ name, type, value, ttl });
        }
        return { message: "Request accepted" };
      },
      "DELETE /api/dns/v1/zones/:zone": ({ params, json }, dns) => {
        for (const { name, type } of json.filters) {
          demand(type === "TXT" && name !== "", "The name field is required.");
          dns.zone(params.zone).removeAll({ name, type });
        }
        return { message: "Request accepted" };
      },
    },
  },
});
