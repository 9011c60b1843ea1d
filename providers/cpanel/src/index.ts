import {
  defineProvider,
  isCertwrightError,
  ProviderError,
  type Refusal,
  type Reply,
  sameName,
  split255,
  type TxtRecord,
} from "@certwright/provider";

/** What the two systems call their parts. */
const systems = {
  cpanel: { scheme: "cpanel", zones: "/execute/DomainInfo/list_domains", dns: "/execute/DNS/", kind: "zone" },
  whm: { scheme: "whm", zones: "/json-api/listzones", dns: "/json-api/", kind: "dns_zone" },
} as const;

/** What the words of a refusal mean. */
const kinds = [
  [/serial number/i, "conflict"],
  [/do not control|no such zone|does not exist|not have (a|any) zone/i, "zoneNotFound"],
  [/permission|privilege|not have (access|the feature)|denied/i, "forbidden"],
] as const;

/** UAPI answers `status` and `errors`, WHM `metadata`; both with 200 whatever happened. */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  if (status >= 300) return undefined;
  const answer = reply.maybe("result") ?? reply;
  const isDone = (answer.maybe("metadata", "result") ?? answer.at("status")).flag();
  if (isDone) return undefined;
  const message =
    answer.maybe("metadata")?.textOrNone("reason") ?? answer.listOrNone("errors")[0]?.text() ?? "no reason given";
  return { kind: kinds.find(([words]) => words.test(message))?.[1] ?? "invalid", message };
}

const decode = (text: string) => Buffer.from(text, "base64").toString("utf8");

const isTxt = (line: Reply, { fqdn, name, value }: TxtRecord) => {
  if (line.text("type") !== "record" || line.text("record_type") !== "TXT") return false;
  const owner = decode(line.text("dname_b64"));
  const isHere = owner.endsWith(".") ? sameName(owner, fqdn) : sameName(owner, name);
  const strings = line.list("data_b64").map((part) => decode(part.text()));
  return isHere && strings.join("") === value;
};

export default defineProvider({
  id: "cpanel",
  name: "cPanel & WHM",
  aliases: ["cpanel-uapi"],
  website: "https://cpanel.net",
  docs: "https://api.docs.cpanel.net/openapi/cpanel/operation/dns-mass_edit_zone/",
  options: {
    endpoint: {
      description: "Address of the server with its port: 2083 for cPanel, 2087 for WHM",
      env: ["CPANEL_BASE_URL", "cPanel_Hostname"],
      type: "url",
      example: "https://cpanel.example.com:2083",
    },
    username: { description: "User name in cPanel or WHM", env: ["CPANEL_USERNAME", "cPanel_Username"] },
    token: { description: "API token of that user", env: ["CPANEL_TOKEN", "cPanel_Apitoken"], secret: true },
    mode: {
      description: "Whose API is at the address",
      env: ["CPANEL_MODE"],
      choices: ["cpanel", "whm"],
      default: "cpanel",
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions:
    "An API token of the cPanel user who owns the domain; in WHM one with the privileges List and Edit DNS Zones.",
  tested: {
    by: "contract",
    against: "https://api.docs.cpanel.net/openapi/cpanel/operation/dns-mass_edit_zone/",
    on: "2026-11-24",
  },
  create({ username, token, mode }, { http }) {
    const system = systems[mode];
    const headers = { authorization: `${system.scheme} ${username}:${token}` };
    const api = http({ headers, mask: [`${username}:${token}`], send: "form", check });
    // Forms rather than queries: a change by GET would pass for harmless to repeat.
    const call = async (to: string, fields: object, options = {}) => {
      const reply = await api.post(to, mode === "whm" ? { "api.version": 1, ...fields } : fields, options);
      return (reply.maybe("result") ?? reply).at("data");
    };
    async function lines(zone: string): Promise<readonly Reply[]> {
      const data = await call(`${system.dns}parse_${system.kind}`, { zone });
      return mode === "whm" ? data.list("payload") : data.list();
    }
    /** Changes a zone as long as its serial is the one that was read; else it is read again. */
    async function edit({ zone }: TxtRecord, change: (found: readonly Reply[]) => object | undefined): Promise<void> {
      for (let tries = 1; ; tries++) {
        const found = await lines(zone.name);
        const fields = change(found);
        if (fields === undefined) return;
        const soa = found.find((line) => line.text("type") === "record" && line.text("record_type") === "SOA");
        if (soa === undefined)
          throw new ProviderError("PROVIDER_BAD_ANSWER", `${zone.name} has no SOA record in cPanel`);
        const serial = decode(soa.text("data_b64", 2));
        try {
          await call(
            `${system.dns}mass_edit_${system.kind}`,
            { zone: zone.name, serial, ...fields },
            { repeat: false },
          );
          return;
        } catch (error) {
          if (tries === 3 || !isCertwrightError(error) || error.code !== "PROVIDER_CONFLICT") throw error;
        }
      }
    }
    return {
      async zones() {
        const data = await call(system.zones, {});
        if (mode === "whm") return data.list("zone").map((zone) => zone.text("domain"));
        const others = [...data.listOrNone("addon_domains"), ...data.listOrNone("parked_domains")];
        return [data.textOrNone("main_domain") ?? "", ...others.map((domain) => domain.text())].filter(Boolean);
      },
      add: (record) =>
        edit(record, (found) => {
          if (found.some((line) => isTxt(line, record))) return undefined;
          const { fqdn, ttl, value } = record;
          return { add: JSON.stringify({ dname: `${fqdn}.`, ttl, record_type: "TXT", data: split255(value) }) };
        }),
      remove: (record) =>
        edit(record, (found) => {
          const line = found.find((one) => isTxt(one, record));
          return line && { remove: line.number("line_index") };
        }),
    };
  },
});
