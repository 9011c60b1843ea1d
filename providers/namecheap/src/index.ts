import {
  type CallOptions,
  cachedToken,
  defineProvider,
  ProviderError,
  type Refusal,
  type RefusalKind,
  type Reply,
  sameName,
  type ZoneShape,
} from "@certwright/provider";

const live = "https://api.namecheap.com/xml.response";
const sandboxUrl = "https://api.sandbox.namecheap.com/xml.response";
/** Namecheap's own service that says which address a caller comes from. */
const addressUrl = "https://dynamicdns.park-your-domain.com/getip";
const pageSize = 100;

/** A host record as `getHosts` shows and `setHosts` takes it, or the zone's way of mail, which is lost unless it is sent along. */
type Line =
  | {
      readonly name: string;
      readonly type: string;
      readonly address: string;
      readonly mxPref: string;
      readonly ttl: string;
    }
  | { readonly emailType: string };

const kinds: Readonly<Record<string, RefusalKind>> = {
  "2016166": "zoneNotFound",
  "2019166": "zoneNotFound",
  "2030166": "forbidden",
  "2030288": "zoneNotFound",
  "500000": "rateLimited",
};

/** Namecheap answers 200 to everything; numbers that begin with 101 are about the credential and the address. */
function check(reply: Reply): Refusal | undefined {
  const answer = reply.maybe("ApiResponse");
  if (answer === undefined || answer.maybe("@Status")?.text() !== "ERROR") return undefined;
  const error = answer.listOrNone("Errors", "Error")[0];
  const number = error?.maybe("@Number")?.text() ?? "";
  const kind = kinds[number] ?? (/^101\d{4}$/.test(number) ? "auth" : "invalid");
  return {
    kind,
    message: `${error?.text() ?? "no reason given"}, number ${number}`,
    hint:
      kind === "auth"
        ? "API access must be on, and this machine's IPv4 address on its list."
        : "The domain must use Namecheap's own name servers (BasicDNS).",
  };
}

export default defineProvider({
  id: "namecheap",
  name: "Namecheap",
  website: "https://www.namecheap.com",
  docs: "https://www.namecheap.com/support/api/intro/",
  endpoint: live,
  hosts: [sandboxUrl, addressUrl].map((url) => new URL(url).host),
  options: {
    apiUser: { description: "User name of the account", env: ["NAMECHEAP_API_USER", "NAMECHEAP_USERNAME"] },
    apiKey: { description: "API key", env: ["NAMECHEAP_API_KEY"], secret: true },
    clientIp: {
      description: "IPv4 address of this machine as Namecheap sees it; asked for when left out",
      env: ["NAMECHEAP_CLIENT_IP", "NAMECHEAP_SOURCEIP"],
      optional: true,
      example: "192.0.2.1",
    },
    sandbox: {
      description: "Whether to use the test system",
      env: ["NAMECHEAP_SANDBOX"],
      type: "boolean",
      default: false,
    },
  },
  traits: {
    granularity: "zone",
    minTtl: 60,
    propagation: 3600,
    limits: { specialCharacters: "Namecheap does not keep double quotes in TXT values." },
  },
  permissions: "The API key of the account, which cannot be limited, from an address on its list.",
  tested: {
    by: "contract",
    against: "https://www.namecheap.com/support/api/methods/domains-dns/set-hosts/",
    on: "2026-11-24",
  },
  create({ apiUser, apiKey, clientIp, sandbox, endpoint }, { http, now }): ZoneShape<Line> {
    const api = http({
      baseUrl: sandbox && endpoint === live ? sandboxUrl : endpoint,
      send: "form",
      read: "xml",
      check,
    });
    const isAddress = clientIp !== undefined && /^\d{1,3}(\.\d{1,3}){3}$/.test(clientIp.trim());
    const ask = http({ baseUrl: addressUrl, read: "text" });
    const address = cachedToken(async () => {
      const found = isAddress ? clientIp : (await ask.get("")).text();
      return { token: found.trim(), expiresIn: 600 };
    }, now);
    /** In the body and never in the query, which servers and proxies write down. */
    async function call(command: string, fields: object, options: CallOptions = {}): Promise<Reply> {
      const global = { ApiUser: apiUser, ApiKey: apiKey, UserName: apiUser, ClientIp: await address() };
      const answer = await api.post("", { ...global, Command: `namecheap.${command}`, ...fields }, options);
      return answer.at("ApiResponse", "CommandResponse");
    }
    /** Zones here are registered domains, so the first label ends where the top-level domain (`co.uk`) begins. */
    const split = (name: string) => ({ SLD: name.slice(0, name.indexOf(".")), TLD: name.slice(name.indexOf(".") + 1) });

    return {
      async *zones() {
        for (let page = 1, seen = 0, total = 1; seen < total; page++) {
          const answer = await call("domains.getList", { Page: page, PageSize: pageSize });
          const domains = answer.listOrNone("DomainGetListResult", "Domain");
          for (const domain of domains) yield domain.text("@Name");
          seen += domains.length;
          total = domains.length === 0 ? 0 : answer.number("Paging", "TotalItems");
        }
      },
      async read({ name }) {
        const result = (await call("domains.dns.getHosts", split(name))).at("DomainDNSGetHostsResult");
        if (!result.flag("@IsUsingOurDNS"))
          throw new ProviderError("PROVIDER_UNSUPPORTED", `${name} does not use Namecheap's name servers`, {
            hint: "Its records are somewhere else; use the provider of the DNS service the domain is delegated to.",
          });
        // The documentation writes the element in capitals, the API does not.
        const hosts = [...result.listOrNone("host"), ...result.listOrNone("Host")].map((host) => ({
          name: host.text("@Name"),
          type: host.text("@Type"),
          address: host.text("@Address"),
          mxPref: host.textOrNone("@MXPref") ?? "10",
          ttl: host.text("@TTL"),
        }));
        const emailType = result.textOrNone("@EmailType");
        return emailType === undefined ? hosts : [...hosts, { emailType }];
      },
      async write({ name }, lines) {
        const hosts = lines.filter((line) => "type" in line);
        const fields = hosts.flatMap((host, index) => [
          [`HostName${index + 1}`, host.name],
          [`RecordType${index + 1}`, host.type],
          [`Address${index + 1}`, host.address],
          [`MXPref${index + 1}`, host.mxPref],
          [`TTL${index + 1}`, host.ttl],
        ]);
        const mail = lines.flatMap((line) => ("emailType" in line ? [["EmailType", line.emailType]] : []));
        const all = { ...split(name), ...Object.fromEntries([...mail, ...fields]) };
        // After a lost answer everything is read anew: what others changed meanwhile must not be written over.
        const answer = await call("domains.dns.setHosts", all, { repeat: false });
        if (!answer.flag("DomainDNSSetHostsResult", "@IsSuccess"))
          throw new ProviderError("PROVIDER_FAILED", `Namecheap did not take the records of ${name}`);
      },
      txt: (line, { name }) =>
        "type" in line && line.type === "TXT" && sameName(line.name, name) ? line.address : undefined,
      record({ name, value, ttl }) {
        if (value.includes('"'))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "Namecheap does not keep double quotes in TXT values");
        return { name, type: "TXT", address: value, mxPref: "10", ttl: String(Math.min(ttl, 60_000)) };
      },
    };
  },
});
