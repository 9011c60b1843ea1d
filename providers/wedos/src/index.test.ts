import { createHash } from "node:crypto";
import { type ApiRequest, answer, conformance, demand, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");
const codes: Readonly<Record<number, readonly [number, string]>> = {
  401: [2050, "Authentication failed"],
  403: [3223, "Access denied"],
  404: [3222, "Opening domain failed"],
  409: [2316, "This record already exists"],
  422: [2314, "Invalid data of the record"],
};
// Prague is an hour ahead of UTC in winter, when the kit's clock stands.
const hour = (dns: FakeDns) => String((new Date(dns.now()).getUTCHours() + 1) % 24).padStart(2, "0");

const commands: Readonly<Record<string, (data: ApiRequest["json"], dns: FakeDns) => unknown>> = {
  "dns-domains-list": (_, dns) =>
    Object.fromEntries(dns.zones.map(({ name }, at) => [`domain${at}`, { name, type: "primary", status: "active" }])),
  "dns-rows-list": ({ domain }, dns) => ({
    row: dns.zone(domain).records.map(({ id, name, type, value, ttl }) => {
      return { ID: id, name: name === "@" ? "" : name, ttl: String(ttl), rdtype: type, rdata: value };
    }),
  }),
  "dns-row-add": ({ domain, name, ttl, type, rdata }, dns) => {
    demand(name !== "@" && ttl >= 300, "Invalid TTL");
    dns.zone(domain).add({ name, ttl, type, value: rdata }, { duplicates: "refuse" });
  },
  "dns-row-delete": ({ domain, row_id: id }, dns) => void dns.zone(domain).remove(id),
  "dns-domain-commit": ({ name }, dns) => void dns.zone(name),
};

// https://kb.wedos.com/en/wapi-api-interface/wdns-en/wapi-wdns/
conformance(provider, {
  test,
  api: {
    auth({ form }, { username, wapiPassword }, dns) {
      const { user, auth } = JSON.parse(form.request ?? "{}").request;
      return user === username && auth === sha1(`${username}${sha1(wapiPassword)}${hour(dns)}`);
    },
    errors({ status, message }) {
      const [code, result] = codes[status] ?? [0, message];
      return code === 0 ? answer(status) : { response: { code, result, timestamp: 1291194425 } };
    },
    routes: {
      "POST /": ({ form }, dns) => {
        const { command, data } = JSON.parse(form.request ?? "{}").request;
        const result = commands[command]?.(data, dns);
        return { response: { code: 1000, result: "OK", command, ...(result === undefined ? {} : { data: result }) } };
      },
    },
  },
});
