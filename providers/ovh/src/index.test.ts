import { createHash } from "node:crypto";
import { answer, conformance, type FakeApi, open, quoted, text, unquoted } from "@certwright/provider-test";
import { describe, test } from "vitest";
import provider from "./index.ts";

const clockError = 4711;
const codes: Readonly<Record<number, readonly [number, string]>> = {
  401: [403, "INVALID_CREDENTIAL"],
  403: [403, "NOT_GRANTED_CALL"],
};

const api: Pick<FakeApi, "errors" | "routes"> = {
  errors({ status, message }) {
    const [sent, errorCode] = codes[status] ?? [status, undefined];
    return answer(sent, { httpCode: `${sent}`, message, ...(errorCode === undefined ? {} : { errorCode }) });
  },
  routes: {
    "GET /domain/zone": (_, dns) => dns.zones.map(({ name }) => name),
    "GET /domain/zone/:zone/record": ({ params, query }, dns) => {
      const found = dns.zone(params.zone).list({ name: query.subDomain, type: query.fieldType });
      return found.map(({ id }) => Number(id));
    },
    "GET /domain/zone/:zone/record/:id": ({ params }, dns) => {
      const record = dns.zone(params.zone).records.find(({ id }) => id === params.id);
      if (record === undefined) return answer(404, { message: "This service does not exist" });
      const { name, type, value, ttl } = record;
      const subDomain = name === "@" ? "" : name;
      return { id: Number(params.id), zone: params.zone, subDomain, fieldType: type, target: quoted(value), ttl };
    },
    "POST /domain/zone/:zone/record": ({ params, json: { subDomain, fieldType, target, ttl } }, dns) => {
      const made = dns.zone(params.zone).add({ name: subDomain, type: fieldType, value: unquoted(target), ttl });
      return { id: Number(made.id), zone: params.zone, subDomain, fieldType, target, ttl };
    },
    "DELETE /domain/zone/:zone/record/:id": ({ params }, dns) => {
      dns.zone(params.zone).remove(params.id ?? "");
      return answer(200, null);
    },
    "POST /domain/zone/:zone/refresh": ({ params }, dns) => answer(200, dns.zone(params.zone) && null),
  },
};

// https://help.ovhcloud.com/csm/en-gb-api-getting-started-ovhcloud-api?id=kb_article_view&sysparm_article=KB0042777
describe("signed with an application key", () => {
  conformance(provider, {
    test,
    api: {
      ...api,
      auth({ method, rawUrl, headers, text: body }, { applicationKey, applicationSecret, consumerKey }, dns) {
        const time = headers["x-ovh-timestamp"];
        const url = `http://${headers.host}${rawUrl}`;
        const signature = [applicationSecret, consumerKey, method, url, body, time].join("+");
        return (
          time === String(Math.floor(dns.now() / 1000) + clockError) &&
          headers["x-ovh-application"] === applicationKey &&
          headers["x-ovh-consumer"] === consumerKey &&
          headers["x-ovh-signature"] === `$1$${createHash("sha1").update(signature).digest("hex")}`
        );
      },
      routes: {
        "GET /auth/time": open((_, dns) => text(String(Math.floor(dns.now() / 1000) + clockError))),
        ...api.routes,
      },
    },
  });
});

describe("as a service account", () => {
  conformance(provider, {
    test,
    options: { clientId: "EU.1234", clientSecret: "planted-client-secret-5e7c19a4d2" },
    api: {
      ...api,
      auth: ({ bearer }) => bearer === "token-of-the-service-account",
      routes: {
        "POST https://www.ovh.com/auth/oauth2/token?grant_type=client_credentials": open(({ form }) => {
          if (form.client_secret !== "planted-client-secret-5e7c19a4d2")
            return answer(401, { error: "invalid_client" });
          return { access_token: "token-of-the-service-account", token_type: "Bearer", expires_in: 3599, scope: "all" };
        }),
        ...api.routes,
      },
    },
  });
});
