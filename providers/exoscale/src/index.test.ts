import { createHmac } from "node:crypto";
import { answer, conformance, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const begun = (dns: FakeDns, reference: string) => ({
  id: dns.newId(),
  state: "pending",
  reference: { id: reference },
});

// https://openapi-v2.exoscale.com/ and its topic "API request signature"
conformance(provider, {
  test,
  api: {
    auth({ method, rawUrl, text, headers }, { apiKey, apiSecret }, dns) {
      const form = /^EXO2-HMAC-SHA256 credential=([^,]+),expires=(\d+),signature=(.+)$/;
      const [, key, expires, signature] = form.exec(headers.authorization ?? "") ?? [];
      const message = `${method} ${rawUrl}\n${text}\n\n\n${expires}`;
      const right = createHmac("sha256", String(apiSecret)).update(message).digest("base64");
      return key === apiKey && signature === right && Number(expires) * 1000 > dns.now();
    },
    errors: ({ status, message }) => answer(status, { message }),
    routes: {
      "GET /dns-domain": (_, dns) => ({
        "dns-domains": dns.zones.map(({ id, name }) => ({
          id,
          "unicode-name": name,
          "created-at": "2026-01-01T00:00Z",
        })),
      }),
      "GET /dns-domain/:zone/record": ({ params }, dns) => ({
        "dns-domain-records": dns.zone(params.zone).records.map(({ id, name, type, value, ttl }) => {
          return { id, name: name === "@" ? "" : name, type, content: value, ttl };
        }),
      }),
      "POST /dns-domain/:zone/record": ({ params, json: { name, type, content, ttl } }, dns) =>
        begun(dns, dns.zone(params.zone).add({ name, type, value: content, ttl }).id),
      "DELETE /dns-domain/:zone/record/:id": ({ params }, dns) =>
        begun(dns, dns.zone(params.zone).remove(params.id ?? "").id),
      "GET /operation/:id": ({ params }) => ({ id: params.id, state: "success", reference: { id: "reference" } }),
    },
  },
});
