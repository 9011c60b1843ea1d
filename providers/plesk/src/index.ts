import {
  defineProvider,
  ProviderError,
  type Reply,
  sameName,
  type TxtRecord,
  type XmlInput,
} from "@certwright/provider";

const agent = "/enterprise/control/agent.php";

/** Numbers of the error codes appendix that mean the object is not there. */
const absent = new Set(["1013", "1015"]);

/** What one operation ended with; `errcode` is a number of the reference's appendix. */
function failure(result: Reply): ProviderError | undefined {
  if (result.text("status") !== "error") return undefined;
  const number = result.id("errcode");
  const message = `Plesk refuses: ${result.textOrNone("errtext") ?? "no reason given"} (${number})`;
  if (absent.has(number)) return new ProviderError("PROVIDER_ZONE_NOT_FOUND", message);
  switch (number) {
    case "1001":
      return new ProviderError("PROVIDER_AUTH", message, {
        hint: "Check PLESK_USERNAME and PLESK_PASSWORD, or the secret key.",
      });
    case "1002":
    case "1006":
    case "11003":
      return new ProviderError("PROVIDER_FORBIDDEN", message, {
        hint: "The user must be allowed to use remote access and to manage the domain's DNS, from this machine's address.",
      });
    case "1007":
      return new ProviderError("PROVIDER_CONFLICT", message);
    default:
      return new ProviderError("PROVIDER_INVALID", message);
  }
}

/** Failures that concern the whole packet stand in a `system` element. */
function check(reply: Reply): ProviderError | undefined {
  const system = reply.maybe("packet", "system");
  return system && failure(system);
}

export default defineProvider({
  id: "plesk",
  name: "Plesk",
  aliases: ["pleskxml"],
  website: "https://www.plesk.com",
  docs: "https://docs.plesk.com/en-US/obsidian/api-rpc/about-xml-api/reference/managing-dns.34756/",
  options: {
    endpoint: {
      description: "Address of the Plesk server",
      env: ["PLESK_SERVER_BASE_URL", "pleskxml_uri"],
      type: "url",
      example: "https://plesk.example.com:8443",
    },
    username: { description: "Login name", env: ["PLESK_USERNAME", "pleskxml_user"] },
    password: { description: "Password of that login", env: ["PLESK_PASSWORD", "pleskxml_pass"], secret: true },
  },
  // Plesk numbers a zone's records anew when one is added or removed, so an id counts only until the next change.
  traits: { granularity: "record", concurrency: "zone", minTtl: 1 },
  permissions: "A customer who owns the domain, with the permissions for DNS zone management and remote access.",
  tested: {
    by: "contract",
    against: "https://docs.plesk.com/en-US/obsidian/api-rpc/about-xml-api/reference/managing-dns.34756/",
    on: "2026-11-24",
  },
  create({ endpoint, username, password }, { http }) {
    const headers = { http_auth_login: username, http_auth_passwd: password };
    const api = http({ headers, send: "xml", read: "xml", check });
    const to = /\.php$/.test(new URL(endpoint).pathname) ? "" : agent;
    const send = async (operator: string, operation: string, content: XmlInput, repeat = true) => {
      const body = { packet: { [operator]: { [operation]: content } } };
      const reply = await api.post(to, body, { headers: { "content-type": "text/xml" }, repeat });
      return reply.at("packet", operator, operation).listOrNone("result");
    };
    /** The answer of an operation with one result. */
    const one = async (...call: Parameters<typeof send>): Promise<Reply> => {
      const [result] = await send(...call);
      if (result === undefined) throw new ProviderError("PROVIDER_BAD_ANSWER", "Plesk answered without a result");
      const error = failure(result);
      if (error !== undefined) throw error;
      return result;
    };
    const siteId = async (name: string) =>
      (await one("site", "get", { filter: { name }, dataset: { gen_info: {} } })).id("id");
    async function find(site: string, { fqdn, value }: TxtRecord): Promise<string | undefined> {
      const results = await send("dns", "get_rec", { filter: { "site-id": site } });
      for (const result of results) {
        const error = failure(result);
        if (error !== undefined) throw error;
        const data = result.maybe("data");
        if (data?.text("type") !== "TXT" || !sameName(data.text("host"), fqdn)) continue;
        if (data.text("value") === value) return result.id("id");
      }
      return undefined;
    }
    return {
      // No `zones`: every subdomain with hosting is a site too, and nothing says which sites have a zone.
      async add(record) {
        const { zone, name, value } = record;
        const site = await siteId(zone.name);
        if ((await find(site, record)) !== undefined) return;
        const host = name === "@" ? "" : name;
        await one("dns", "add_rec", { "site-id": site, type: "TXT", host, value }, false);
      },
      async remove(record) {
        const id = await find(await siteId(record.zone.name), record);
        if (id !== undefined) await one("dns", "del_rec", { filter: { id } }, false);
      },
    };
  },
});
