import { answer, conformance, demand, type FakeDns, type FakeZone } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const listed = ({ id, name }: FakeZone) => ({ id, name, current_version_id: `live-${id}`, current_version: {} });
/** The zone a path names, in its current version. */
function current(dns: FakeDns, { zone: id, version }: Readonly<Record<string, string>>): FakeZone {
  const zone = dns.zone(id);
  demand(version === `live-${zone.id}`, "Not Found", 404);
  return zone;
}
const records = "/zones/:zone/versions/:version/records/:name/IN/TXT";

// https://support.gehirn.jp/apidocs/dns/records.html
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { tokenId, tokenSecret }) => basic?.user === tokenId && basic.password === tokenSecret,
    errors: ({ status, message }) => answer(status, { code: status, description: message }),
    routes: {
      "GET /zones": (_, dns) => dns.zones.map(listed),
      "GET /zones/:zone": ({ params }, dns) => listed(dns.zone(params.zone)),
      [`GET ${records}`]: ({ params }, dns) => {
        const found = current(dns, params).list({ fqdn: params.name, type: "TXT" });
        demand(found.length > 0, "Not Found", 404);
        const values = found.map(({ value }) => ({ data: value }));
        return { id: "set", name: params.name, type: "TXT", ttl: found[0]?.ttl, enable_alias: false, records: values };
      },
      [`PUT ${records}`]: ({ params: { name: fqdn = "", ...params }, json }, dns) => {
        demand(json.name === fqdn && json.type === "TXT" && json.ttl >= 30 && json.records.length > 0, "Bad Request");
        const values = json.records.map(({ data }: { data: string }) => data);
        current(dns, params).replace({ fqdn }, values, json.ttl);
        return { id: "set", ...json };
      },
      [`DELETE ${records}`]: ({ params }, dns) => {
        const gone = current(dns, params).removeAll({ fqdn: params.name, type: "TXT" });
        demand(gone > 0, "Not Found", 404);
        return { id: "set", name: params.name, type: "TXT" };
      },
    },
  },
});
