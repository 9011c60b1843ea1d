import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { answer, conformance, demand, type FakeDns, open, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const newKey = () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
};
const account = (private_key: string) =>
  JSON.stringify({
    type: "service_account",
    project_id: "my-project",
    private_key_id: "k1",
    private_key,
    client_email: "certwright@my-project.iam.gserviceaccount.com",
  });
const pem = newKey();
const publicKey = createPublicKey(pem);
const dotted = (name: string) => `${name}.`;
const bare = (name = "") => name.replace(/\.$/, "");

/** The managed zone's name, as people choose it. */
const zoneOf = (dns: FakeDns, name = "") => dns.zone(name.replace(/^zone-/, ""));
const setOf = (dns: FakeDns, zone: string | undefined, name: string, type: string) => {
  const records = zoneOf(dns, zone).list({ fqdn: bare(name), type });
  const [first] = records;
  if (first === undefined) return [];
  return [
    {
      kind: "dns#resourceRecordSet",
      name: dotted(first.fqdn),
      type,
      ttl: first.ttl ?? 300,
      rrdatas: records.map(({ value }) => quoted(value)),
      signatureRrdatas: [],
    },
  ];
};

// https://cloud.google.com/dns/docs/reference/rest/v1
conformance(provider, {
  test,
  options: { serviceAccount: account(pem) },
  wrong: { serviceAccount: account(newKey()) },
  api: {
    auth: ({ bearer }) => bearer === "ya29.token-of-certwright",
    errors: ({ status, message }) =>
      answer(status, { error: { code: status, message, errors: [{ message, domain: "global" }] } }),
    routes: {
      "POST https://oauth2.googleapis.com/token": open(({ form }, dns) => {
        demand(form.grant_type === "urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type", 400);
        const [head = "", body = "", signature = ""] = (form.assertion ?? "").split(".");
        const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
        const { iss, scope, aud, iat, exp } = read(body);
        demand(read(head).alg === "RS256" && read(head).kid === "k1", "invalid_grant", 401);
        demand(
          verify("sha256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url")),
          "invalid_grant",
          401,
        );
        demand(
          iss === "certwright@my-project.iam.gserviceaccount.com" && aud === "https://oauth2.googleapis.com/token",
          "invalid_grant",
          401,
        );
        demand(scope.endsWith("/auth/ndev.clouddns.readwrite"), "invalid_scope", 401);
        demand(iat * 1000 <= dns.now() && exp - iat <= 3600, "invalid_grant", 401);
        return { access_token: "ya29.token-of-certwright", expires_in: 3599, token_type: "Bearer" };
      }),
      "GET /projects/my-project/managedZones": ({ query }, dns) => {
        const found = dns.zones.filter(({ name }) => dotted(name) === query.dnsName);
        const { items, next } = dns.paged(found, { cursor: query.pageToken, size: query.maxResults, max: 100 });
        const managedZones = items.map(({ id, name }) => ({
          id,
          name: `zone-${id}`,
          dnsName: dotted(name),
          visibility: "public",
        }));
        return {
          kind: "dns#managedZonesListResponse",
          managedZones,
          ...(next === undefined ? {} : { nextPageToken: next }),
        };
      },
      "GET /projects/my-project/managedZones/:zone/rrsets": ({ params, query: { name = "", type = "" } }, dns) => {
        demand(name.endsWith(".") && type !== "", "Invalid value for 'name'", 400);
        return { kind: "dns#resourceRecordSetsListResponse", rrsets: setOf(dns, params.zone, name, type) };
      },
      "POST /projects/my-project/managedZones/:zone/changes": ({ params, json: { additions, deletions } }, dns) => {
        const zone = zoneOf(dns, params.zone);
        for (const { name, type, ttl, rrdatas } of deletions) {
          const [known] = setOf(dns, params.zone, name, type);
          const same = known?.ttl === ttl && JSON.stringify(known?.rrdatas) === JSON.stringify(rrdatas);
          if (!same) throw new Refusal(412, "Precondition not met for 'entity.change.deletions[0]'");
          zone.removeAll({ fqdn: bare(name), type });
        }
        for (const { name, type, ttl, rrdatas } of additions) {
          if (setOf(dns, params.zone, name, type).length > 0) throw new Refusal(409, "The resource already exists");
          zone.replace({ fqdn: bare(name) }, rrdatas.map(unquoted), ttl, type);
        }
        return { kind: "dns#change", id: "7", status: "pending", additions, deletions };
      },
    },
  },
});
