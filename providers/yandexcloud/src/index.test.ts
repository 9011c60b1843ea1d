import { constants, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { answer, conformance, demand, open, quoted, Refusal, unquoted } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const newKey = () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  return {
    pem,
    file: {
      id: "ajekey",
      service_account_id: "ajesa",
      key_algorithm: "RSA_2048",
      private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajekey>\n${pem}`,
    },
  };
};
const { pem, file } = newKey();
const publicKey = { key: createPublicKey(pem), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const codes: Record<number, number> = { 401: 16, 403: 7, 404: 5, 409: 10, 429: 8 };

// https://yandex.cloud/en/docs/dns/api-ref/DnsZone/
conformance(provider, {
  test,
  options: { key: base64(file), folderId: "b1gfolder" },
  wrong: { key: base64(newKey().file) },
  api: {
    auth: ({ bearer }) => bearer === "t1.token-of-ajesa",
    errors: ({ status, message }) => answer(status, { code: codes[status] ?? 3, message, details: [] }),
    routes: {
      "POST https://iam.api.cloud.yandex.net/iam/v1/tokens": open(({ json: { jwt } }, dns) => {
        const [head = "", body = "", signature = ""] = jwt.split(".");
        const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
        const { alg, kid } = read(head);
        const { iss, aud, iat, exp } = read(body);
        demand(alg === "PS256" && kid === "ajekey" && iss === "ajesa", "The token is not valid", 401);
        demand(aud === "https://iam.api.cloud.yandex.net/iam/v1/tokens", "The audience is not valid", 401);
        demand(iat * 1000 <= dns.now() && exp - iat <= 3600, "The token is expired", 401);
        const signed = verify("sha256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url"));
        demand(signed, "The signature is not valid", 401);
        return { iamToken: "t1.token-of-ajesa", expiresAt: new Date(dns.now() + 43_200_000).toISOString() };
      }),
      "GET /zones?folderId=b1gfolder": ({ query }, dns) => {
        const { items, next } = dns.paged(dns.zones, { cursor: query.pageToken, size: query.pageSize, max: 1000 });
        const dnsZones = items.map(({ id, name }) => ({ id, zone: `${name}.`, publicVisibility: {} }));
        return { dnsZones, ...(next === undefined ? {} : { nextPageToken: next }) };
      },
      "GET /zones/:call": ({ params, query }, dns) => {
        const [id, method] = params.call?.split(":") ?? [];
        const zone = dns.zone(id);
        if (method === undefined) return { id, zone: `${zone.name}.` };
        demand(method === "getRecordSet", "Not Found", 404);
        const found = zone.list({ fqdn: query.name?.replace(/\.$/, "") ?? "", type: query.type ?? "" });
        const [first] = found;
        if (first === undefined) throw new Refusal(404, "Record set not found");
        const data = found.map(({ value }) => quoted(value));
        return { name: `${first.fqdn}.`, type: first.type, ttl: String(first.ttl), data };
      },
      "POST /zones/:call": ({ params, json: { deletions, replacements } }, dns) => {
        const [id, method] = params.call?.split(":") ?? [];
        demand(method === "upsertRecordSets", "Not Found", 404);
        const zone = dns.zone(id);
        for (const { name, type, data } of deletions)
          for (const value of data) zone.removeAll({ fqdn: name.replace(/\.$/, ""), type, value: unquoted(value) });
        for (const { name, type, ttl, data } of replacements) {
          demand(type === "TXT" && Number(ttl) > 0 && data.length > 0, "Illegal argument", 400);
          zone.replace({ fqdn: name.replace(/\.$/, "") }, data.map(unquoted), Number(ttl));
        }
        return { id: "dnsop", done: false, metadata: {} };
      },
      "GET https://operation.api.cloud.yandex.net/operations/dnsop": () => ({ id: "dnsop", done: true, response: {} }),
    },
  },
});
