import {
  cachedToken,
  defineProvider,
  ProviderError,
  path,
  quote,
  type TxtRecordSet,
  unquote,
} from "@certwright/provider";
import { authRequest, dnsAddress } from "./keystone.ts";

/** Seconds a token counts where the answer does not say. */
const unknownLifetime = 300;

export default defineProvider({
  id: "designate",
  name: "OpenStack Designate",
  aliases: ["openstack"],
  website: "https://www.openstack.org",
  docs: "https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html",
  options: {
    endpoint: {
      description: "Address of the identity service, Keystone",
      env: ["OS_AUTH_URL"],
      type: "url",
      example: "https://keystone.example.com:5000/v3",
    },
    applicationCredentialId: {
      description: "Id of an application credential",
      env: ["OS_APPLICATION_CREDENTIAL_ID"],
      optional: true,
    },
    applicationCredentialName: {
      description: "Name of an application credential, instead of its id, with the user",
      env: ["OS_APPLICATION_CREDENTIAL_NAME"],
      optional: true,
    },
    applicationCredentialSecret: {
      description: "Secret of the application credential",
      env: ["OS_APPLICATION_CREDENTIAL_SECRET"],
      secret: true,
      optional: true,
    },
    username: { description: "User name", env: ["OS_USERNAME"], optional: true },
    userId: { description: "User id, instead of name and domain", env: ["OS_USER_ID"], optional: true },
    password: { description: "Password of the user", env: ["OS_PASSWORD"], secret: true, optional: true },
    userDomainName: { description: "Domain of the user", env: ["OS_USER_DOMAIN_NAME"], default: "Default" },
    userDomainId: { description: "Id of the user's domain", env: ["OS_USER_DOMAIN_ID"], optional: true },
    projectName: { description: "Project name", env: ["OS_PROJECT_NAME", "OS_TENANT_NAME"], optional: true },
    projectId: { description: "Project id", env: ["OS_PROJECT_ID", "OS_TENANT_ID"], optional: true },
    projectDomainName: {
      description: "Domain of the project, where it is not the user's",
      env: ["OS_PROJECT_DOMAIN_NAME"],
      optional: true,
    },
    projectDomainId: { description: "Id of the project's domain", env: ["OS_PROJECT_DOMAIN_ID"], optional: true },
    region: { description: "Region, where there are several", env: ["OS_REGION_NAME"], optional: true },
    interface: {
      description: "Which of the DNS service's addresses to use",
      env: ["OS_INTERFACE"],
      choices: ["public", "internal", "admin"],
      default: "public",
    },
    dnsEndpoint: {
      description: "Address of the DNS service, where its host is not Keystone's",
      env: ["OS_DNS_ENDPOINT_OVERRIDE"],
      type: "url",
      optional: true,
      example: "https://designate.example.com:9001",
    },
  },
  oneOf: [
    ["applicationCredentialId", "applicationCredentialSecret"],
    ["applicationCredentialName", "applicationCredentialSecret"],
    ["username", "password"],
    ["userId", "password"],
  ],
  traits: { granularity: "recordSet", concurrency: "name", minTtl: 1, propagation: 600 },
  permissions:
    "An application credential with the member role in the zone's project, restricted by access rules to dns.",
  tested: {
    by: "contract",
    against: "https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html",
    on: "2026-11-24",
  },
  create(options, { http, now }) {
    const keystone = http({ baseUrl: options.endpoint.replace(/\/v3\/?$/, "") });
    const allowed = [options.endpoint, ...(options.dnsEndpoint === undefined ? [] : [options.dnsEndpoint])];
    let service = "";
    const token = cachedToken(async () => {
      const { headers, reply } = await keystone.request("POST", "/v3/auth/tokens", { body: authRequest(options) });
      const address = options.dnsEndpoint ?? dnsAddress(reply.at("token"), options.region, options.interface);
      checkAddress(address, allowed);
      service = `${address.replace(/\/(v2\/?)?$/, "")}/v2`;
      const ends = Date.parse(reply.text("token", "expires_at"));
      const expiresIn = Number.isNaN(ends) ? unknownLifetime : (ends - now()) / 1000;
      const issued = headers.get("x-subject-token");
      if (issued === null) throw new ProviderError("PROVIDER_BAD_ANSWER", "Keystone answered without a token");
      return { token: issued, expiresIn };
    }, now);
    const api = http({
      sign: async (request) => ({ ...request, headers: { ...request.headers, "x-auth-token": await token() } }),
    });
    /** A path of the DNS service, whose address comes with the token. */
    const at = async (to: string) => {
      await token();
      return service + to;
    };
    const setsOf = ({ zone }: TxtRecordSet) => path`/zones/${zone.id}/recordsets`;
    const find = async (set: TxtRecordSet) => {
      const found = await api.get(await at(setsOf(set)), { query: { name: `${set.fqdn}.`, type: "TXT" } });
      return found.list("recordsets")[0];
    };
    return {
      async *zones(candidates) {
        for (const name of candidates) {
          const found = await api.get(await at("/zones"), { query: { name: `${name}.` } });
          for (const zone of found.list("zones")) yield { name: zone.text("name"), id: zone.id("id") };
        }
      },
      async get(set) {
        const found = await find(set);
        return found === undefined ? [] : found.list("records").map((record) => unquote(record.text()));
      },
      async set(set, values) {
        const found = await find(set);
        const to = await at(setsOf(set));
        const records = values.map(quote);
        if (found === undefined) {
          const body = { name: `${set.fqdn}.`, type: "TXT", ttl: set.ttl, records };
          if (records.length > 0) await api.post(to, body, { repeat: false });
        } else {
          const own = to + path`/${found.id("id")}`;
          if (records.length === 0) await api.delete(own, { absent: null });
          else await api.put(own, { ttl: set.ttl, records });
        }
      },
    };
  },
});

/** A token is only sent to hosts the person has named themselves. */
function checkAddress(address: string, allowed: readonly string[]): void {
  const origin = URL.canParse(address) ? new URL(address).origin : "";
  if (allowed.some((url) => new URL(url).origin === origin)) return;
  throw new ProviderError("PROVIDER_HOST_NOT_DECLARED", `the cloud's catalog names ${address} for its DNS service`, {
    hint: `If that is right, set the option dnsEndpoint (OS_DNS_ENDPOINT_OVERRIDE) to ${address}.`,
  });
}
