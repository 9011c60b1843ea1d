import {
  cachedToken,
  defineProvider,
  isCertwrightError,
  ProviderError,
  type Refusal,
  type Reply,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

/** Seconds after which a new session is asked for; ISPConfig ends them after more. */
const sessionLifetime = 600;

/** A failure is a `code` other than `ok` in an answer with status 200; what kind of, only its sentence tells. */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  if (status >= 300 || reply.text("code") === "ok") return undefined;
  const message = reply.textOrNone("message") ?? reply.text("code");
  if (/login|session/i.test(message))
    return { kind: "auth", message, hint: "They are those of a remote user, not of a customer or an administrator." };
  return { kind: /permission/i.test(message) ? "forbidden" : "invalid", message };
}

/** The rows of an answer: a list, one row, or something empty. */
function rowsOf(reply: Reply): readonly Reply[] {
  const response = reply.maybe("response");
  if (response === undefined || response.value === false) return [];
  return Array.isArray(response.value) ? response.list() : [response];
}

export default defineProvider({
  id: "ispconfig",
  name: "ISPConfig",
  website: "https://www.ispconfig.org",
  docs: "https://git.ispconfig.org/ispconfig/ispconfig3/-/tree/develop/remoting_client/API-docs",
  options: {
    endpoint: {
      description: "Address of the remote API",
      env: ["ISPCONFIG_SERVER_URL", "ISPC_Api"],
      type: "url",
      example: "https://panel.example.com:8080/remote/json.php",
    },
    username: { description: "Name of the remote user", env: ["ISPCONFIG_USERNAME", "ISPC_User"] },
    password: {
      description: "Password of the remote user",
      env: ["ISPCONFIG_PASSWORD", "ISPC_Password"],
      secret: true,
    },
  },
  traits: {
    granularity: "record",
    concurrency: "zone",
    minTtl: 60,
    limits: {
      specialCharacters: "ISPConfig puts values between quotes unescaped, so quotes and backslashes break them.",
    },
  },
  permissions:
    "A remote user with the DNS zone functions and the DNS txt functions, limited to this machine's address.",
  tested: {
    by: "contract",
    against: "https://git.ispconfig.org/ispconfig/ispconfig3/-/tree/develop/remoting_client/API-docs",
    on: "2026-11-24",
  },
  create({ endpoint, username, password }, { http, now }) {
    const api = http({ check });
    const path = /\.php$/.test(new URL(endpoint).pathname) ? "" : "/remote/json.php";
    const session = cachedToken(async () => {
      const reply = await api.post(`${path}?login`, { username, password, client_login: false });
      return { token: reply.text("response"), expiresIn: sessionLifetime };
    }, now);
    const send = (id: string, method: string, fields: object, options = {}) =>
      http({ check, mask: [id] }).post(`${path}?${method}`, { session_id: id, ...fields }, options);
    async function call(method: string, fields: object, options = {}): Promise<Reply> {
      const id = await session();
      try {
        return await send(id, method, fields, options);
      } catch (error) {
        if (!isCertwrightError(error) || error.code !== "PROVIDER_AUTH") throw error;
        return send(await session(true), method, fields, options);
      }
    }
    async function find({ zone, name, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const rows = rowsOf(await call("dns_txt_get", { primary_id: { zone: zone.id, type: "TXT" } }));
      const found = rows.find((row) => {
        const owner = row.text("name");
        const isHere = owner.endsWith(".") ? sameName(owner, fqdn) : sameName(owner, name);
        return isHere && row.text("type").toUpperCase() === "TXT" && row.text("data") === value;
      });
      return found?.id("id");
    }
    return {
      async *zones(candidates) {
        for (const name of candidates)
          for (const zone of rowsOf(await call("dns_zone_get", { primary_id: { origin: `${name}.` } })))
            yield { name: zone.text("origin"), id: zone.id("id") };
      },
      async add(record) {
        const { zone, fqdn, value, ttl } = record;
        if (/["\\]|[^ -~]/.test(value))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "ISPConfig cannot hold quotes and backslashes in TXT values");
        const known = await find(record);
        if (known !== undefined) return known;
        const [soa] = rowsOf(await call("dns_zone_get", { primary_id: zone.id }));
        if (soa === undefined)
          throw new ProviderError("PROVIDER_ZONE_NOT_FOUND", `ISPConfig has no zone ${zone.name} any more`);
        const stamp = new Date(now()).toISOString().slice(0, 19).replace("T", " ");
        const place = { server_id: soa.id("server_id"), zone: zone.id, name: `${fqdn}.` };
        const params = { ...place, type: "TXT", data: value, aux: "0", ttl: String(ttl), active: "Y", stamp };
        // Client 0, the administrator: looking up the zone's own client would need the client functions too.
        const added = await call("dns_txt_add", { client_id: 0, params, update_serial: true }, { repeat: false });
        return added.id("response");
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await call("dns_txt_delete", { primary_id: id, update_serial: true });
      },
    };
  },
});
