import {
  clientCredentials,
  defineProvider,
  ProviderError,
  type SdkFailure,
  split255,
  type TxtRecordSet,
  type Zone,
} from "@certwright/provider";
import { httpClient } from "./http-client.ts";

const endpoint = "https://management.azure.com";

/** The clouds: https://learn.microsoft.com/en-us/azure/azure-government/compare-azure-government-global-azure and its Chinese sibling. */
const clouds = {
  public: { api: endpoint, login: "https://login.microsoftonline.com" },
  usgovernment: { api: "https://management.usgovcloudapi.net", login: "https://login.microsoftonline.us" },
  china: { api: "https://management.chinacloudapi.cn", login: "https://login.chinacloudapi.cn" },
} as const;

interface RestError extends Error {
  readonly statusCode?: number;
  readonly details?: { readonly error?: { readonly message?: string } };
  readonly response?: { readonly headers: { get(name: string): string | undefined } };
}

function explain(error: unknown): SdkFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, statusCode, details, response } = error as RestError;
  if (/^(CredentialUnavailable|Authentication|AuthenticationRequired|AggregateAuthentication)Error$/.test(name))
    return { message, code: "PROVIDER_AUTH" };
  if (statusCode === undefined) return undefined;
  return {
    status: statusCode,
    message: details?.error?.message ?? message,
    retryAfter: response?.headers.get("retry-after"),
  };
}

export default defineProvider({
  id: "azuredns",
  name: "Azure DNS",
  aliases: ["azure"],
  website: "https://azure.microsoft.com/products/dns",
  docs: "https://learn.microsoft.com/en-us/rest/api/dns/record-sets",
  endpoint,
  hosts: Object.values(clouds).flatMap(({ api, login }) => [new URL(api).host, new URL(login).host]),
  options: {
    subscriptionId: {
      description: "Id of the subscription that holds the zones",
      env: ["AZURE_SUBSCRIPTION_ID", "AZUREDNS_SUBSCRIPTIONID"],
    },
    tenantId: { description: "Id of the directory", env: ["AZURE_TENANT_ID", "AZUREDNS_TENANTID"], optional: true },
    clientId: { description: "Id of the application", env: ["AZURE_CLIENT_ID", "AZUREDNS_APPID"], optional: true },
    clientSecret: {
      description: "Secret of the application; without it, the identity of the environment (managed, workload, CLI)",
      env: ["AZURE_CLIENT_SECRET", "AZUREDNS_CLIENTSECRET"],
      secret: true,
      optional: true,
    },
    resourceGroup: {
      description: "Resource group of the zones; left out, all of the subscription's",
      env: ["AZURE_RESOURCE_GROUP"],
      optional: true,
    },
    environment: {
      description: "Which of Azure's clouds",
      env: ["AZURE_ENVIRONMENT"],
      choices: ["public", "usgovernment", "china"],
      default: "public",
    },
  },
  traits: { granularity: "recordSet", minTtl: 1 },
  permissions:
    "An identity with Microsoft.Network/dnsZones/read and Microsoft.Network/dnsZones/TXT/* on the zone, which the role DNS Zone Contributor includes.",
  tested: { by: "contract", against: "@azure/arm-dns 5.1.0 and the API's documentation", on: "2026-11-24" },
  async create(options, { fetch, http, now, sdk }) {
    const { subscriptionId, tenantId, clientId, clientSecret, resourceGroup } = options;
    const { DnsManagementClient } = await import("@azure/arm-dns");
    const cloud = clouds[options.environment];
    const api = options.endpoint === endpoint ? cloud.api : options.endpoint;

    async function credential() {
      if (!(tenantId && clientId && clientSecret)) {
        const { DefaultAzureCredential } = await import("@azure/identity");
        return new DefaultAzureCredential({ authorityHost: cloud.login, retryOptions: { maxRetries: 0 } });
      }
      const path = `${cloud.login}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
      const token = clientCredentials(http(), { path, now, clientId, clientSecret, scope: `${cloud.api}/.default` });
      // Kept by the token source for as long as it is good, so the SDK is to ask each time.
      return { getToken: async () => ({ token: await token(), expiresOnTimestamp: now() }) };
    }
    const dns = new DnsManagementClient(await credential(), subscriptionId, {
      // The SDK sends tokens to https only; where the person wrote http, the client below goes there.
      endpoint: api.replace(/^http:/, "https:"),
      credentialScopes: `${cloud.api}/.default`,
      retryOptions: { maxRetries: 0 },
      httpClient: httpClient(fetch, api),
    });
    const calls = sdk(explain);

    function groupOf({ id, name }: Zone): string {
      const group = /\/resourceGroups\/([^/]+)\//i.exec(id)?.[1] ?? resourceGroup;
      if (group !== undefined) return group;
      throw new ProviderError("PROVIDER_ZONE_NOT_FOUND", `the resource group of ${name} is not known`, {
        hint: "Set resourceGroup, or pin the zone with its whole resource id.",
      });
    }

    /** What `get` saw last, so that `set` can say what it replaces. */
    const seen = new Map<string, { readonly etag?: string; readonly metadata?: Record<string, string> }>();

    async function read({ zone, name, fqdn }: TxtRecordSet) {
      try {
        const set = await calls.read(() => dns.recordSets.get(groupOf(zone), zone.name, name, "TXT"));
        const { etag, metadata } = set;
        seen.set(fqdn, { ...(etag ? { etag } : {}), ...(metadata ? { metadata } : {}) });
        return set.txtRecords ?? [];
      } catch (error) {
        if (!(error instanceof ProviderError) || error.code !== "PROVIDER_NOT_FOUND") throw error;
        // An absent set and an absent zone are both 404.
        await calls.read(() => dns.zones.get(groupOf(zone), zone.name));
        seen.set(fqdn, {});
        return [];
      }
    }

    return {
      async zones() {
        const found: Zone[] = [];
        await calls.read(async () => {
          found.length = 0;
          const all = resourceGroup === undefined ? dns.zones.list() : dns.zones.listByResourceGroup(resourceGroup);
          for await (const { name = "", id = "", zoneType } of all)
            if (zoneType !== "Private") found.push({ name, id });
        });
        return found;
      },
      async get(set) {
        return (await read(set)).map(({ value = [] }) => value.join(""));
      },
      async set(set, values) {
        const { zone, name, fqdn, ttl } = set;
        const { etag, metadata } = seen.get(fqdn) ?? {};
        const group = groupOf(zone);
        if (values.length === 0) {
          const when = etag === undefined ? {} : { ifMatch: etag };
          await calls.write(() => dns.recordSets.delete(group, zone.name, name, "TXT", when));
          return;
        }
        const when = etag === undefined ? { ifNoneMatch: "*" } : { ifMatch: etag };
        const txtRecords = values.map((value) => ({ value: split255(value) }));
        const body = { ttl, txtRecords, ...(metadata ? { metadata } : {}) };
        await calls.write(() => dns.recordSets.createOrUpdate(group, zone.name, name, "TXT", body, when));
      },
    };
  },
});
