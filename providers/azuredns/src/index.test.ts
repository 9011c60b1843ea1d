import { answer, conformance, demand, type FakeDns, open, Refusal } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const codes: Record<number, string> = {
  401: "InvalidAuthenticationToken",
  403: "AuthorizationFailed",
  404: "ResourceNotFound",
  409: "Conflict",
  429: "TooManyRequests",
};
const zonePath = "/subscriptions/sub-1/resourceGroups/:group/providers/Microsoft.Network/dnsZones/:zone";
const idOf = (zone: string) =>
  `/subscriptions/sub-1/resourceGroups/dns-rg/providers/Microsoft.Network/dnszones/${zone}`;

interface SetParams {
  readonly group?: string;
  readonly zone?: string;
  readonly name?: string;
}
/** The set as it is now; its etag changes with every change of it. */
function setOf(dns: FakeDns, { group, zone = "", name = "" }: SetParams) {
  demand(group === "dns-rg", "Resource group could not be found.", 404);
  const records = dns.zone(zone).list({ name, type: "TXT" });
  const etag = Buffer.from(records.map(({ id }) => id).join()).toString("hex");
  return { records, etag, exists: records.length > 0 };
}

/** RFC 9110 section 13.1, as far as Azure DNS keeps it. */
function checkConditions(headers: Readonly<Record<string, string>>, { etag, exists }: ReturnType<typeof setOf>) {
  const { "if-match": match, "if-none-match": none } = headers;
  if ((match !== undefined && match !== etag) || (none === "*" && exists))
    throw new Refusal(412, "The condition in the request headers is not met.");
}

// https://learn.microsoft.com/en-us/rest/api/dns/record-sets
conformance(provider, {
  test,
  options: {
    subscriptionId: "sub-1",
    tenantId: "tenant-1",
    clientId: "app-1",
    clientSecret: "planted-client-secret-5e7c19a4d2",
  },
  api: {
    auth: ({ bearer, query }) => bearer === "eyJ0.token-of-app-1" && query["api-version"] === "2018-05-01",
    errors({ status, message }, { path }) {
      if (path.startsWith("https://login."))
        return answer(status, { error: "invalid_client", error_description: message });
      return answer(status, { error: { code: codes[status] ?? "BadRequest", message } });
    },
    routes: {
      "POST https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token": open(({ form }) => {
        const { grant_type, client_id, client_secret, scope } = form;
        demand(
          grant_type === "client_credentials" && scope === "https://management.azure.com/.default",
          "AADSTS70011",
          400,
        );
        demand(client_id === "app-1" && client_secret === "planted-client-secret-5e7c19a4d2", "AADSTS7000215", 401);
        return { token_type: "Bearer", expires_in: 3599, access_token: "eyJ0.token-of-app-1" };
      }),
      "GET /subscriptions/sub-1/providers/Microsoft.Network/dnszones": ({ query, headers }, dns) => {
        const { items, next } = dns.paged(dns.zones, { cursor: query.$skipToken, max: 100 });
        const value = items.map(({ name }) => ({
          id: idOf(name),
          name,
          location: "global",
          properties: { zoneType: "Public" },
        }));
        const rest = `/subscriptions/sub-1/providers/Microsoft.Network/dnszones?api-version=2018-05-01&$skipToken=${next}`;
        return { value, ...(next === undefined ? {} : { nextLink: `https://${headers.host}${rest}` }) };
      },
      [`GET ${zonePath}`]: ({ params }, dns) => {
        const { name } = dns.zone(params.zone);
        return { id: idOf(name), name, location: "global", properties: { zoneType: "Public" } };
      },
      [`GET ${zonePath}/TXT/:name`]: ({ params }, dns) => {
        const { records, etag, exists } = setOf(dns, params);
        if (!exists) throw new Refusal(404, `The resource record '${params.name}' does not exist in resource group.`);
        const TXTRecords = records.map(({ value }) => ({ value: value.match(/.{1,255}/gs) }));
        return {
          name: params.name,
          type: "Microsoft.Network/dnszones/TXT",
          etag,
          properties: { TTL: records[0]?.ttl, TXTRecords },
        };
      },
      [`PUT ${zonePath}/TXT/:name`]: ({ params, headers, json: { properties } }, dns) => {
        checkConditions(headers, setOf(dns, params));
        const values = properties.TXTRecords.map(({ value }: { value: string[] }) => {
          demand(
            value.every((part) => Buffer.byteLength(part) <= 255),
            "The TXT record has a string that is too long.",
            400,
          );
          return value.join("");
        });
        demand(properties.TTL > 0 && values.length > 0, "The request is not valid.", 400);
        dns.zone(params.zone).replace({ name: params.name ?? "" }, values, properties.TTL);
        return { name: params.name, etag: setOf(dns, params).etag, properties };
      },
      [`DELETE ${zonePath}/TXT/:name`]: ({ params, headers }, dns) => {
        const set = setOf(dns, params);
        checkConditions(headers, set);
        dns.zone(params.zone).removeAll({ name: params.name ?? "", type: "TXT" });
        return answer(set.exists ? 200 : 204);
      },
    },
  },
});
