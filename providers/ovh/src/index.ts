import { createHash } from "node:crypto";
import {
  clientCredentials,
  defineProvider,
  type HttpOptions,
  type OutgoingRequest,
  ProviderError,
  path,
  quote,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
} from "@certwright/provider";
import { endpointOf, hosts, tokenUrlOf } from "./endpoints.ts";

/** What the API calls a wrong credential; statuses alone do not tell it from a call that is not granted. */
const authErrors = new Set([
  "INVALID_CREDENTIAL",
  "INVALID_KEY",
  "INVALID_SIGNATURE",
  "QUERY_TIME_OUT",
  "NOT_CREDENTIAL",
]);

function check(reply: Reply, { status }: { readonly status: number }): ProviderError | undefined {
  if (status < 400 || !authErrors.has(reply.maybe("errorCode")?.text() ?? "")) return undefined;
  return new ProviderError("PROVIDER_AUTH", `OVHcloud refuses: ${reply.textOrNone("message") ?? "wrong credential"}`, {
    status,
    hint: "Check application key, secret and consumer key, that they belong to this region, and that the consumer key was confirmed and has not expired.",
  });
}

export default defineProvider({
  id: "ovh",
  name: "OVHcloud",
  website: "https://www.ovhcloud.com",
  docs: "https://help.ovhcloud.com/csm/en-gb-api-getting-started-ovhcloud-api?id=kb_article_view&sysparm_article=KB0042777",
  endpoint: "https://eu.api.ovh.com/1.0",
  hosts,
  options: {
    region: {
      description: "Region of the API: ovh-eu, ovh-ca, ovh-us, kimsufi-eu, kimsufi-ca, soyoustart-eu, soyoustart-ca",
      env: ["OVH_ENDPOINT", "OVH_END_POINT"],
      default: "ovh-eu",
    },
    applicationKey: {
      description: "Application key",
      env: ["OVH_APPLICATION_KEY", "OVH_AK"],
      secret: true,
      optional: true,
    },
    applicationSecret: {
      description: "Application secret",
      env: ["OVH_APPLICATION_SECRET", "OVH_AS"],
      secret: true,
      optional: true,
    },
    consumerKey: {
      description: "Consumer key",
      env: ["OVH_CONSUMER_KEY", "OVH_CK"],
      secret: true,
      optional: true,
    },
    clientId: { description: "Client id of a service account", env: ["OVH_CLIENT_ID"], optional: true },
    clientSecret: {
      description: "Client secret of a service account",
      env: ["OVH_CLIENT_SECRET"],
      secret: true,
      optional: true,
    },
    accessToken: { description: "Access token", env: ["OVH_ACCESS_TOKEN"], secret: true, optional: true },
  },
  oneOf: [["applicationKey", "applicationSecret", "consumerKey"], ["clientId", "clientSecret"], ["accessToken"]],
  // A refresh publishes all of a zone's changes, so one change at a time.
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions:
    "A consumer key with GET /domain/zone, GET and POST /domain/zone/ZONE/record, GET and DELETE /domain/zone/ZONE/record/* and POST /domain/zone/ZONE/refresh.",
  tested: {
    by: "contract",
    against:
      "what other clients send and read, not the vendor's own page: https://eu.api.ovh.com/console/?section=%2Fdomain&branch=v1",
    on: "2026-11-24",
  },
  create(options, { http, now }) {
    const { region, applicationKey, applicationSecret, consumerKey, clientId, clientSecret, accessToken } = options;
    const baseUrl = endpointOf(region, options.endpoint);
    const plain = http({ baseUrl });

    /** Seconds the server's clock is ahead of ours; a signature with another time is refused. */
    let ahead: Promise<number> | undefined;
    const serverTime = async (): Promise<number> => {
      ahead ??= plain.get("/auth/time").then((time) => time.number() - Math.floor(now() / 1000));
      ahead.catch(() => {
        ahead = undefined;
      });
      const seconds = await ahead;
      return Math.floor(now() / 1000) + seconds;
    };
    async function signed(request: OutgoingRequest): Promise<OutgoingRequest> {
      const time = await serverTime();
      const text = [applicationSecret, consumerKey, request.method, request.url.href, request.body ?? "", time];
      const headers = {
        ...request.headers,
        "x-ovh-application": applicationKey ?? "",
        "x-ovh-consumer": consumerKey ?? "",
        "x-ovh-timestamp": String(time),
        "x-ovh-signature": `$1$${createHash("sha1").update(text.join("+")).digest("hex")}`,
      };
      return { ...request, headers };
    }
    function credential(): HttpOptions {
      if (applicationKey !== undefined) return { sign: signed };
      if (accessToken !== undefined) return { bearer: accessToken };
      const tokenPath = tokenUrlOf(baseUrl);
      return {
        bearer: clientCredentials(plain, {
          path: tokenPath,
          now,
          scope: "all",
          clientId: clientId ?? "",
          clientSecret: clientSecret ?? "",
        }),
      };
    }
    const api = http({ baseUrl, check, ...credential() });

    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const query = { fieldType: "TXT", subDomain: name === "@" ? "" : name };
      for (const id of (await api.get(path`/domain/zone/${zone.name}/record`, { query })).list()) {
        const record = await api.get(path`/domain/zone/${zone.name}/record/${id.id()}`, { absent: null });
        if (record.value === null || !sameName(record.text("subDomain"), name)) continue;
        if (record.text("fieldType") === "TXT" && unquote(record.text("target")) === value) return id.id();
      }
      return undefined;
    }
    const refresh = (zone: string) => api.post(path`/domain/zone/${zone}/refresh`);
    return {
      async zones() {
        return (await api.get("/domain/zone")).list().map((zone) => zone.text());
      },
      // Also without a change of ours: an earlier try may have ended before its refresh.
      async add(record) {
        const { zone, name, value, ttl } = record;
        const known = await find(record);
        const body = { fieldType: "TXT", subDomain: name === "@" ? "" : name, target: quote(value), ttl };
        const id = known ?? (await api.post(path`/domain/zone/${zone.name}/record`, body, { repeat: false })).id("id");
        await refresh(zone.name);
        return id;
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(path`/domain/zone/${record.zone.name}/record/${id}`, { absent: null });
        await refresh(record.zone.name);
      },
    };
  },
});
