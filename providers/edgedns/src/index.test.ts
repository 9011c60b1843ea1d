import { createHash, createHmac } from "node:crypto";
import { type ApiRequest, answer, conformance, demand, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const mac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("base64");

/** The signature made anew out of what arrived (https://techdocs.akamai.com/developer/docs/edgegrid). */
function isSigned({ method, headers, rawUrl, text }: ApiRequest, secret: string, ids: string) {
  const [, head = "", signature] = /^(EG1-HMAC-SHA256 .*;)signature=(.*)$/.exec(headers.authorization ?? "") ?? [];
  const time = /timestamp=(\d{8}T\d\d:\d\d:\d\d\+0000);nonce=[\w-]{8,};$/.exec(head)?.[1] ?? "";
  const hash = method === "POST" ? createHash("sha256").update(text).digest("base64") : "";
  const data = [method, "http", headers.host, rawUrl, "", hash, head].join("\t");
  return head.startsWith(`EG1-HMAC-SHA256 ${ids};timestamp`) && signature === mac(mac(secret, time), data);
}

const set = "/config-dns/v2/zones/:zone/names/:name/types/TXT";

// https://techdocs.akamai.com/edge-dns/reference/api
conformance(provider, {
  test,
  api: {
    auth: (request, { clientToken, clientSecret = "", accessToken }) =>
      isSigned(request, clientSecret, `client_token=${clientToken};access_token=${accessToken}`),
    errors: ({ status, message }) => answer(status, { type: "about:blank", title: "Error", detail: message, status }),
    routes: {
      "GET /config-dns/v2/zones?types=PRIMARY": ({ query }, dns) => {
        const all = dns.zones.filter(({ name }) => name.includes(query.search ?? ""));
        const page = dns.paged(all, { page: query.page, size: query.pageSize, max: 500 });
        const metadata = { page: page.page, pageSize: page.size, showAll: false, totalElements: page.total };
        return { metadata, zones: page.items.map(({ name }) => ({ zone: name, type: "PRIMARY" })) };
      },
      [`GET ${set}`]: ({ params }, dns) => {
        const found = dns.zone(params.zone).list({ fqdn: params.name, type: "TXT" });
        if (found.length === 0) throw new Refusal(404, "recordset not found");
        return { name: params.name, type: "TXT", ttl: found[0]?.ttl, rdata: found.map(({ value }) => quoted(value)) };
      },
      [`POST ${set}`]: ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        demand(zone.values(params.name ?? "").length === 0, "the recordset exists", 409);
        zone.replace({ fqdn: json.name }, json.rdata.map(unquoted), json.ttl);
        return answer(201, json);
      },
      [`PUT ${set}`]: ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        demand(zone.values(params.name ?? "").length > 0 && json.rdata.length > 0, "recordset not found", 404);
        zone.replace({ fqdn: json.name }, json.rdata.map(unquoted), json.ttl);
        return json;
      },
      [`DELETE ${set}`]: ({ params }, dns) => {
        const gone = dns.zone(params.zone).removeAll({ fqdn: params.name, type: "TXT" });
        demand(gone > 0, "recordset not found", 404);
      },
    },
  },
});
