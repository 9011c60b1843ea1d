import {
  defineProvider,
  ProviderError,
  quote,
  type Refusal,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
} from "@certwright/provider";

/** What the words of a refusal mean. */
const kinds = [
  [/do(es)? not own|not exist|no such domain|no domain/i, "zoneNotFound"],
  [/cannot execute|not allowed|permission|access/i, "forbidden"],
  [/already exists/i, "conflict"],
] as const;

/** With `json=yes` a failure has `error`, its title, and `result`, the reason; its status is 200, 400 or 500 by version. */
function check(reply: Reply): Refusal | undefined {
  if (Array.isArray(reply.value)) return undefined;
  const error = reply.maybe("error")?.value;
  if (typeof error !== "string" || error === "" || error === "0") return undefined;
  const reason = reply.maybe("result")?.value;
  const message = `${error}${typeof reason === "string" && reason !== "" ? ` (${reason})` : ""}`;
  return { kind: kinds.find(([words]) => words.test(message))?.[1] ?? "invalid", message };
}

export default defineProvider({
  id: "directadmin",
  name: "DirectAdmin",
  aliases: ["da"],
  website: "https://www.directadmin.com",
  docs: "https://docs.directadmin.com/changelog/version-1.24.2.html",
  options: {
    endpoint: {
      description: "Address of the panel with its port",
      env: ["DIRECTADMIN_API_URL"],
      type: "url",
      example: "https://panel.example.com:2222",
    },
    username: { description: "User who owns the domain", env: ["DIRECTADMIN_USERNAME"] },
    password: {
      description: "A login key of that user, or the password",
      env: ["DIRECTADMIN_PASSWORD"],
      secret: true,
    },
  },
  traits: {
    granularity: "record",
    concurrency: "zone",
    minTtl: 30,
    limits: {
      longValues: "DirectAdmin does not say how values over 255 bytes are to be written.",
      specialCharacters: "DirectAdmin does not say how quotes and backslashes are to be written.",
    },
  },
  permissions: "A login key that allows CMD_API_SHOW_DOMAINS and CMD_API_DNS_CONTROL, and nothing else.",
  tested: { by: "contract", against: "https://docs.directadmin.com/changelog/version-1.24.2.html", on: "2026-11-24" },
  create({ username, password }, { http }) {
    const api = http({ basic: { user: username, password }, send: "form", query: { json: "yes" }, check });
    const control = "/CMD_API_DNS_CONTROL";
    /** The record as the panel wants it back for removal, spelled as it spells it. */
    async function find({ zone, name, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const zoneRecords = await api.get(control, { query: { domain: zone.name, full_mx_records: "yes", ttl: "yes" } });
      for (const record of zoneRecords.list("records")) {
        const owner = record.text("name");
        const isHere = owner.endsWith(".") ? sameName(owner, fqdn) : sameName(owner, name);
        const content = record.text("value");
        if (record.text("type") === "TXT" && isHere && unquote(content) === value)
          return record.textOrNone("combined") ?? `name=${owner}&value=${content}`;
      }
      return undefined;
    }
    return {
      zones: async () => (await api.get("/CMD_API_SHOW_DOMAINS")).list().map((domain) => domain.text()),
      async add(record) {
        const { zone, name, fqdn, value, ttl } = record;
        if (!/^[ !#-[\]-~]{1,255}$/.test(value))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "DirectAdmin takes plain values of at most 255 bytes only");
        if ((await find(record)) !== undefined) return;
        const owner = name === "@" ? `${fqdn}.` : name;
        const fields = { domain: zone.name, action: "add", type: "TXT", name: owner, value: quote(value), ttl };
        await api.post(control, fields, { repeat: false });
      },
      async remove(record) {
        const found = await find(record);
        if (found === undefined) return;
        const fields = { domain: record.zone.name, action: "select", delete: "yes", txtrecs0: found };
        await api.post(control, fields, { repeat: false });
      },
    };
  },
});
