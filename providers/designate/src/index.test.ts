import { answer, conformance, demand, type FakeZone, open, quoted, unquoted } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const sets = (zone: FakeZone, name = "", type = "TXT") => {
  const found = zone.list({ fqdn: name, type });
  const records = found.map(({ value }) => quoted(value));
  const id = Buffer.from(name).toString("hex");
  return found.length === 0 ? [] : [{ id, name, type, ttl: found[0]?.ttl, records, status: "ACTIVE" }];
};
const fqdnOf = (id = "") => Buffer.from(id, "hex").toString();

const identities: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "an application credential": { applicationCredentialId: "app-1" },
  "a password": { username: "someone", projectName: "web", region: "two" },
};

// https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html
describe.each(Object.entries(identities))("with %s", (_name, identity) => {
  const secret = `planted-secret-of-${Object.keys(identity)[0]}-5e7c19a4d2`;
  const isPassword = "username" in identity;
  conformance(provider, {
    test,
    options: { ...identity, [isPassword ? "password" : "applicationCredentialSecret"]: secret },
    api: {
      auth: ({ headers }) => headers["x-auth-token"] === "token-of-keystone",
      errors: ({ status, message }) => answer(status, { code: status, type: "error", message, request_id: "req-1" }),
      routes: {
        "POST /v3/auth/tokens": open(({ json: { auth }, headers }, dns) => {
          const { methods, password, application_credential: credential } = auth.identity;
          demand((isPassword ? password?.user.password : credential?.secret) === secret, "Wrong credential", 401);
          demand(methods[0] === (isPassword ? "password" : "application_credential"), "Wrong method", 400);
          if (isPassword) demand(auth.scope.project.domain.name === "Default", "No such project", 401);
          const endpoint = (region: string, kind: string, url: string) => ({ region_id: region, interface: kind, url });
          const url = `http://${headers.host}/dns`;
          const endpoints = [
            endpoint(isPassword ? "one" : "two", "internal", `${url}-internal`),
            endpoint("two", "public", url),
          ];
          const catalog = [
            { type: "compute", endpoints: [] },
            { type: "dns", endpoints },
          ];
          const token = { expires_at: new Date(dns.now() + 3_600_000).toISOString(), catalog };
          return answer(201, { token }, { "x-subject-token": "token-of-keystone" });
        }),
        "GET /dns/v2/zones": ({ query }, dns) => {
          const zones = dns.zones.filter(({ name }) => `${name}.` === query.name);
          return { zones: zones.map(({ id, name }) => ({ id, name: `${name}.`, status: "ACTIVE" })), links: {} };
        },
        "GET /dns/v2/zones/:zone/recordsets": ({ params, query }, dns) => {
          return { recordsets: sets(dns.zone(params.zone), query.name, query.type), links: {} };
        },
        "POST /dns/v2/zones/:zone/recordsets": ({ params, json: { name, ttl, records } }, dns) => {
          const zone = dns.zone(params.zone);
          demand(name.endsWith(".") && sets(zone, name).length === 0, "Duplicate RecordSet", 409);
          zone.replace({ fqdn: name }, records.map(unquoted), ttl);
          return answer(202, sets(zone, name)[0]);
        },
        "PUT /dns/v2/zones/:zone/recordsets/:id": ({ params, json: { ttl, records } }, dns) => {
          const zone = dns.zone(params.zone);
          demand(sets(zone, fqdnOf(params.id)).length > 0, "Could not find RecordSet", 404);
          zone.replace({ fqdn: fqdnOf(params.id) }, records.map(unquoted), ttl);
          return answer(202, sets(zone, fqdnOf(params.id))[0]);
        },
        "DELETE /dns/v2/zones/:zone/recordsets/:id": ({ params }, dns) => {
          const gone = dns.zone(params.zone).removeAll({ fqdn: fqdnOf(params.id), type: "TXT" });
          demand(gone > 0, "Could not find RecordSet", 404);
          return answer(202, { id: params.id, action: "DELETE", status: "PENDING" });
        },
      },
    },
  });
});
