import { answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Readonly<Record<number, string>> = { 404: "NotFound", 409: "Conflict" };
const shown = (value: string) => (/[ "\\]/.test(value) || value.length > 255 ? quoted(value) : value);
const reference = (id: string, name: string) => `record:txt/ZG5z${id}:${name}/External`;

// https://demogm1.infoblox.com/wapidoc/
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { username, password }) => basic?.user === username && basic.password === password,
    errors: ({ status, message }) => {
      if (status === 401) return answer(401, undefined, { "content-type": "text/html" });
      const code = `Client.Ibap.Data.${codes[status] ?? "Error"}`;
      return answer(status === 422 ? 400 : status, { Error: `AdmConDataError: ${message}`, code, text: message });
    },
    routes: {
      "GET /wapi/v2.11/zone_auth?view=External": ({ query }, dns) =>
        dns.zones
          .filter(({ name }) => name === query.fqdn)
          .map(({ name, id }) => ({ _ref: `zone_auth/ZG5z${id}:${name}/External`, fqdn: name })),
      "GET /wapi/v2.11/record:txt?view=External": ({ query }, dns) => {
        const found = dns.owner(query.name)?.list({ fqdn: query.name, type: "TXT" }) ?? [];
        return found.map(({ id, fqdn, value }) => ({ _ref: reference(id, fqdn), name: fqdn, text: shown(value) }));
      },
      "POST /wapi/v2.11/record:txt": ({ json: { name, text, ttl, use_ttl, view } }, dns) => {
        demand(use_ttl === true && view === "External", "Invalid value for field");
        demand(text.startsWith('"') || !/\s/.test(text), "spaces must be in quotes");
        const value = text.startsWith('"') ? unquoted(text) : text;
        const { id } = dns.zoneFor(name).add({ fqdn: name, value, ttl }, { duplicates: "refuse" });
        return answer(201, reference(id, name));
      },
      "DELETE /wapi/v2.11/record:txt/:ref": ({ params }, dns) => {
        const id = (params.ref ?? "").replace("ZG5z", "");
        const { fqdn } = dns.zoneOf(id).remove(id);
        return answer(200, reference(id, fqdn));
      },
    },
  },
});
