import { generateKeyPairSync, verify } from "node:crypto";
import { answer, conformance, demand, open } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const pair = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
const { privateKey, publicKey } = pair();

// https://api.transip.nl/rest/docs.html
conformance(provider, {
  test,
  options: { accountName: "somebody", privateKey },
  wrong: { privateKey: pair().privateKey },
  api: (dns) => {
    const nonces = new Set<string>();
    return {
      auth: ({ bearer }) => nonces.has(bearer?.replace("token-of-", "") ?? ""),
      errors: ({ status, message }) =>
        answer(status, { error: message }, { "x-rate-limit-reset": String(Math.ceil(dns.now() / 1000) + 20) }),
      routes: {
        "POST /auth": open(({ json, text, headers }) => {
          const signature = Buffer.from(headers.signature ?? "", "base64");
          demand(verify("sha512", Buffer.from(text), publicKey, signature), "Invalid API credentials", 401);
          demand(json.login === "somebody" && json.global_key === true, "Invalid API credentials", 401);
          demand(/^[\w-]{6,32}$/.test(json.nonce) && !nonces.has(json.nonce), "The nonce is used already", 400);
          nonces.add(json.nonce);
          return answer(201, { token: `token-of-${json.nonce}` });
        }),
        "GET /domains": () => ({ domains: dns.zones.map(({ name }) => ({ name, isWhitelabel: false })) }),
        "GET /domains/:zone/dns": ({ params }) => ({
          dnsEntries: dns
            .zone(params.zone)
            .list()
            .map(({ name, type, value, ttl }) => ({ name, expire: ttl, type, content: value })),
        }),
        "POST /domains/:zone/dns": ({ params, json: { dnsEntry } }) => {
          const { name, expire, type, content } = dnsEntry;
          demand(!content.includes("\\") && expire >= 60, "The DNS entry is not valid", 406);
          dns.zone(params.zone).add({ name, ttl: expire, type, value: content });
          return answer(201);
        },
        "DELETE /domains/:zone/dns": ({ params, json: { dnsEntry } }) => {
          const { name, expire, type, content } = dnsEntry;
          const [found] = dns.zone(params.zone).list({ name, type, value: content });
          demand(found !== undefined && found.ttl === expire, "DNS entry not found", 404);
          dns.zone(params.zone).remove(found.id);
        },
      },
    };
  },
});
