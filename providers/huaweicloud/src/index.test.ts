import { signHuawei } from "@certwright/provider";
import { answer, conformance, demand, type FakeDns, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

/** A set's id names it, as far as this fake goes. */
const idOf = (fqdn: string, type: string) => `${Buffer.from(`${fqdn} ${type}`).toString("hex")}`;
const nameOf = (id = "") => Buffer.from(id, "hex").toString().split(" ")[0] ?? "";
const links = { self: "https://dns.myhuaweicloud.com/v2" };

function setsOf(dns: FakeDns, zone: string | undefined) {
  const groups = Map.groupBy(dns.zone(zone).list(), ({ fqdn, type }) => `${fqdn} ${type}`);
  return [...groups.values()].flatMap((records) => {
    const [first] = records;
    if (first === undefined) return [];
    const { fqdn, type, ttl } = first;
    const values = records.map(({ value }) => (type === "TXT" ? quoted(value) : value));
    return [{ id: idOf(fqdn, type), name: `${fqdn}.`, type, ttl, records: values, status: "ACTIVE" }];
  });
}

// https://support.huaweicloud.com/intl/en-us/api-dns/ListRecordSetsByZone.html and its neighbours
conformance(provider, {
  test,
  api: {
    auth({ method, rawUrl, headers, text }, { accessKeyId, secretAccessKey }) {
      const [, y, m, d, h, i, s] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(headers["x-sdk-date"] ?? "") ?? [];
      const now = () => Date.parse(`${y}-${m}-${d}T${h}:${i}:${s}Z`);
      const sign = signHuawei({ accessKey: accessKeyId, secretKey: secretAccessKey, now });
      const type = headers["content-type"] === undefined ? {} : { "content-type": headers["content-type"] };
      const signed = sign({ method, url: new URL(rawUrl, `http://${headers.host}`), headers: type, body: text });
      return signed.headers.authorization === headers.authorization;
    },
    errors: ({ status, message }) =>
      status === 401
        ? answer(401, { error_code: "APIGW.0301", error_msg: message, request_id: "r-1" })
        : answer(status, { code: "DNS.0000", message }),
    routes: {
      "GET /v2/zones?type=public&search_mode=equal": ({ query }, dns) => {
        const found = dns.zones.filter(({ name }) => name === query.name);
        const { items, total } = dns.paged(found, { offset: query.offset, size: query.limit, max: 500 });
        const zones = items.map(({ id, name }) => ({ id, name: `${name}.`, zone_type: "public", status: "ACTIVE" }));
        return { links, zones, metadata: { total_count: total } };
      },
      "GET /v2/zones/:zone/recordsets": ({ params, query: { type, name, search_mode, offset, limit } }, dns) => {
        demand(search_mode === "equal", "The search mode is fuzzy by default.", 400);
        const found = setsOf(dns, params.zone).filter((set) => set.type === type && set.name === name);
        const { items, total } = dns.paged(found, { offset, size: limit, max: 500 });
        return { links, recordsets: items, metadata: { total_count: total } };
      },
      "POST /v2/zones/:zone/recordsets": ({ params, json: { name, type, ttl, records } }, dns) => {
        const zone = dns.zone(params.zone);
        const fqdn = name.replace(/\.$/, "");
        if (zone.list({ fqdn, type }).length > 0) throw new Refusal(409, "The record set already exists.");
        zone.replace({ fqdn }, records.map(unquoted), ttl);
        return answer(202, { id: idOf(fqdn, type), name, type, ttl, records, status: "PENDING_CREATE" });
      },
      "PUT /v2/zones/:zone/recordsets/:id": ({ params, json: { name, type, ttl, records } }, dns) => {
        const fqdn = nameOf(params.id);
        demand(name === `${fqdn}.` && records.length > 0, "Invalid parameter.", 400);
        dns.zone(params.zone).replace({ fqdn }, records.map(unquoted), ttl);
        return answer(202, { id: params.id, name, type, ttl, records, status: "PENDING_UPDATE" });
      },
      "DELETE /v2/zones/:zone/recordsets/:id": ({ params }, dns) => {
        const removed = dns.zone(params.zone).removeAll({ fqdn: nameOf(params.id), type: "TXT" });
        return answer(202, { id: params.id, status: "PENDING_DELETE", removed });
      },
    },
  },
});
