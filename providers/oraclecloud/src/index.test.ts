import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import { type ApiRequest, answer, conformance, demand, quoted, unquoted } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
const key = newKey();
const publicKey = createPublicKey(key);
const md5 = createHash("md5")
  .update(publicKey.export({ type: "spki", format: "der" }))
  .digest("hex");
const fingerprint = md5.match(/../g)?.join(":") ?? "";

/** https://docs.oracle.com/en-us/iaas/Content/API/Concepts/signingrequests.htm */
function isSigned({ method, rawUrl, headers, text }: ApiRequest, keyId: string): boolean {
  const parts = Object.fromEntries(
    [...(headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const names: string[] = parts.headers?.split(" ") ?? [];
  const needed = [
    "x-date",
    "(request-target)",
    "host",
    ...(text === "" ? [] : ["content-type", "content-length", "x-content-sha256"]),
  ];
  const lines = names.map(
    (name) => `${name}: ${name === "(request-target)" ? `${method.toLowerCase()} ${rawUrl}` : headers[name]}`,
  );
  return (
    parts.version === "1" &&
    parts.algorithm === "rsa-sha256" &&
    parts.keyId === keyId &&
    needed.every((name) => names.includes(name)) &&
    (text === "" || headers["x-content-sha256"] === createHash("sha256").update(text).digest("base64")) &&
    verify("sha256", Buffer.from(lines.join("\n")), publicKey, Buffer.from(parts.signature ?? "", "base64"))
  );
}

const codes: Record<number, readonly [number, string]> = {
  401: [401, "NotAuthenticated"],
  403: [403, "NotAllowed"],
  404: [404, "NotAuthorizedOrNotFound"],
  409: [409, "Conflict"],
  429: [429, "TooManyRequests"],
};
const hashOf = (id: string) => createHash("md5").update(id).digest("hex");
const account = {
  region: "eu-frankfurt-1",
  compartment: "ocid1.compartment.1",
  tenancy: "ocid1.tenancy.1",
  user: "ocid1.user.1",
};

// https://docs.oracle.com/en-us/iaas/api/#/en/dns/20180115/
const api = {
  auth: (request: ApiRequest) => isSigned(request, `ocid1.tenancy.1/ocid1.user.1/${fingerprint}`),
  errors({ status, message }: { status: number; message: string }) {
    const [actual, code] = codes[status] ?? [status, "InvalidParameter"];
    return answer(actual, { code, message });
  },
  routes: {
    "GET /zones?compartmentId=ocid1.compartment.1&scope=GLOBAL": ({ query }, dns) => {
      const found = dns.zones.filter(({ name }) => name === query.name);
      const { items, next } = dns.paged(found, { cursor: query.page, size: query.limit, max: 100 });
      const zones = items.map(({ id, name }) => ({
        id: `ocid1.dns-zone.${id}`,
        name,
        zoneType: "PRIMARY",
        scope: "GLOBAL",
      }));
      return answer(200, zones, next === undefined ? {} : { "opc-next-page": next });
    },
    "GET /zones/:zone/records?rtype=TXT": ({ params, query }, dns) => {
      const zone = dns.zone(params.zone?.replace("ocid1.dns-zone.", ""));
      const found = zone.list({ type: "TXT", ...(query.domain === undefined ? {} : { fqdn: query.domain }) });
      const { items, next } = dns.paged(found, { cursor: query.page, size: query.limit, max: 100 });
      const records = items.map(({ id, fqdn, type, value, ttl }) => ({
        domain: fqdn,
        rtype: type,
        rdata: quoted(value),
        ttl,
        recordHash: hashOf(id),
        isProtected: false,
      }));
      return answer(200, { items: records }, next === undefined ? {} : { "opc-next-page": next });
    },
    "PATCH /zones/:zone/records": ({ params, json }, dns) => {
      const zone = dns.zone(params.zone?.replace("ocid1.dns-zone.", ""));
      for (const { operation, domain, rtype, rdata, ttl, recordHash } of json.items) {
        demand(rtype === "TXT" && ["ADD", "REMOVE"].includes(operation), "Invalid operation", 400);
        const same = zone.list({ fqdn: domain, type: rtype, value: unquoted(rdata) });
        if (operation === "ADD" && same.length === 0)
          zone.add({ fqdn: domain, type: rtype, value: unquoted(rdata), ttl });
        if (operation === "REMOVE") for (const { id } of same) if (recordHash === hashOf(id)) zone.remove(id);
      }
      return { items: [] };
    },
  },
} satisfies Parameters<typeof conformance<typeof provider.options>>[1]["api"];

describe("with a key", () =>
  conformance(provider, {
    test,
    options: { ...account, privateKey: pem(key) },
    wrong: { privateKey: pem(newKey()) },
    api,
  }));

describe("with an encrypted key", () => {
  const passphrase = "planted-passphrase-5e7c19a4d2";
  const privateKey = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString();
  conformance(provider, {
    test,
    options: { ...account, privateKey, passphrase, fingerprint },
    wrong: { privateKey: pem(newKey()) },
    api,
  });
});
