import {
  cachedToken,
  defineProvider,
  isCertwrightError,
  ProviderError,
  type Refusal,
  type Reply,
  sameName,
  type ZoneShape,
} from "@certwright/provider";

/** Seconds; a session ends after an hour without a request. */
const sessionLifetime = 1800;

/** An answer is a block of headers, an empty line, and the content. */
function parse(reply: Reply): { readonly headers: ReadonlyMap<string, string>; readonly lines: readonly string[] } {
  const [head = "", ...rest] = reply.text().split(/\r?\n\r?\n/);
  const pairs = head.split(/\r?\n/).map((line) => /^([\w-]+):\s*(.*)$/.exec(line)?.slice(1) ?? []);
  const headers = new Map(pairs.map(([name = "", value = ""]) => [name.toLowerCase(), value]));
  const lines = rest.join("\n").split(/\r?\n/);
  return { headers, lines: lines.filter((line) => line.trim() !== "") };
}

const kinds = {
  2200: "auth",
  2201: "forbidden",
  2302: "conflict",
  2303: "zoneNotFound",
  2400: "unavailable",
  2502: "rateLimited",
} as const;

/** DMAPI answers 200 to everything; `Status-Code`, a number as in EPP, tells. */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  if (status >= 300) return undefined;
  const { headers } = parse(reply);
  const code = headers.get("status-code") ?? "";
  if (code === "0") return undefined;
  // A log-in may answer its session without a code.
  if (code === "" && headers.has("auth-sid")) return undefined;
  if (!/^\d+$/.test(code)) throw new ProviderError("PROVIDER_BAD_ANSWER", "Joker's answer has no Status-Code");
  const words = headers.get("status-text") ?? headers.get("error") ?? "no reason given";
  return { kind: kinds[Number(code) as keyof typeof kinds] ?? "invalid", message: `${words}, code ${code}` };
}

export default defineProvider({
  id: "joker",
  name: "Joker.com",
  website: "https://joker.com",
  docs: "https://joker.com/faq/books/reseller-documentation-en/page/modify-zonedata",
  endpoint: "https://dmapi.joker.com/request",
  options: {
    apiKey: { description: "API key of DMAPI", env: ["JOKER_API_KEY"], secret: true, optional: true },
    username: { description: "Name of the account, instead of a key", env: ["JOKER_USERNAME"], optional: true },
    password: { description: "Password of the account", env: ["JOKER_PASSWORD"], secret: true, optional: true },
    mode: {
      description: "The API; SVC, for dynamic DNS, cannot keep what others have at a name",
      env: ["JOKER_API_MODE"],
      choices: ["DMAPI"],
      default: "DMAPI",
    },
  },
  oneOf: [["apiKey"], ["username", "password"]],
  traits: {
    granularity: "zone",
    concurrency: "serial",
    minTtl: 60,
    limits: {
      longValues: "Joker's zone lines hold one string of at most 255 bytes.",
      specialCharacters: "Joker documents no way to write quotes and backslashes in a zone line.",
    },
  },
  permissions: "An API key limited to changing zones (DMAPI, DNS), since the key's rights are for the whole account.",
  tested: {
    by: "contract",
    against: "https://joker.com/faq/books/reseller-documentation-en/page/modify-zonedata",
    on: "2026-11-24",
  },
  create({ apiKey, username, password }, { http, now }): ZoneShape<string> {
    const credential = apiKey === undefined ? { username, password } : { "api-key": apiKey };
    const client = (mask: readonly string[] = []) =>
      http({ send: "form", read: "text", check, mask, timeoutMs: 60_000 });
    const session = cachedToken(async () => {
      const token = parse(await client().post("/login", credential)).headers.get("auth-sid");
      if (!token) throw new ProviderError("PROVIDER_BAD_ANSWER", "Joker's answer has no Auth-Sid");
      return { token, expiresIn: sessionLifetime };
    }, now);
    async function call(method: string, fields: object = {}): Promise<readonly string[]> {
      const send = async (id: string) => client([id]).post(`/${method}`, { ...fields, "auth-sid": id });
      const id = await session();
      try {
        return parse(await send(id)).lines;
      } catch (error) {
        // The session may have ended early.
        if (!isCertwrightError(error) || error.code !== "PROVIDER_AUTH") throw error;
        return parse(await send(await session(true))).lines;
      }
    }
    return {
      zones: async () => (await call("dns-zone-list")).map((line) => line.trim().split(/\s+/)[0] ?? ""),
      read: ({ name }) => call("dns-zone-get", { domain: name }),
      async write({ name }, lines) {
        await call("dns-zone-put", { domain: name, zone: lines.join("\n") });
      },
      txt(line, { name }) {
        // Quotes stand where the value has spaces; a blank before the closing one has been seen, and is not the value's.
        const [, label = "", quoted, bare] = /^(\S+)\s+TXT\s+\S+\s+(?:"([^"]*?) ?"|(\S+))/.exec(line) ?? [];
        const value = quoted ?? bare;
        return sameName(label, name) ? value : undefined;
      },
      record({ name, value, ttl }) {
        if (!/^[ !#-[\]-~]{1,255}$/.test(value))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "Joker takes plain values of at most 255 bytes only");
        return `${name} TXT 0 "${value}" ${ttl}`;
      },
    };
  },
});
