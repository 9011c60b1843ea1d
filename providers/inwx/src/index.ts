import {
  type CallOptions,
  cachedToken,
  defineProvider,
  ProviderError,
  quote,
  type Refusal,
  type RefusalKind,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
} from "@certwright/provider";
import { totp, totpStep } from "./totp.ts";

const live = "https://api.domrobot.com/jsonrpc";
const sandboxUrl = "https://api.ote.domrobot.com/jsonrpc";
const pageLimit = 200;

const kinds: Readonly<Record<number, RefusalKind>> = {
  2200: "auth",
  2201: "forbidden",
  2302: "conflict",
  2303: "notFound",
};

/** INWX answers 200 to everything; codes from 1000 to 1999 are successes, as in EPP (RFC 5730 section 3). */
function check(reply: Reply): Refusal | undefined {
  const code = reply.maybe("code")?.number();
  if (code === undefined || (code >= 1000 && code < 2000)) return undefined;
  const reason = reply.textOrNone("reason");
  const words = `${reply.textOrNone("msg") ?? ""}${reason === undefined ? "" : ` (${reason})`}`;
  return { kind: kinds[code] ?? "invalid", message: `${words}, code ${code}` };
}

export default defineProvider({
  id: "inwx",
  name: "INWX",
  website: "https://www.inwx.com",
  docs: "https://www.inwx.de/en/help/apidoc",
  endpoint: live,
  hosts: [new URL(sandboxUrl).host],
  options: {
    username: { description: "User name of the account or sub-account", env: ["INWX_USERNAME", "INWX_User"] },
    password: {
      description: "Password of the account or sub-account",
      env: ["INWX_PASSWORD", "INWX_Password"],
      secret: true,
    },
    sharedSecret: {
      description: "Shared secret of two-factor authentication, in base32",
      env: ["INWX_SHARED_SECRET", "INWX_Shared_Secret"],
      secret: true,
      optional: true,
    },
    sandbox: {
      description: "Whether to use the test system (OT&E)",
      env: ["INWX_SANDBOX"],
      type: "boolean",
      default: false,
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 300, propagation: 360 },
  permissions: "A sub-account that may only manage name server records.",
  tested: {
    by: "contract",
    against: "what other clients send and read, not the vendor's own page: https://www.inwx.de/en/help/apidoc",
    on: "2026-11-24",
  },
  create({ username, password, sharedSecret, sandbox, endpoint }, { http, now, sleep }) {
    const baseUrl = sandbox && endpoint === live ? sandboxUrl : endpoint;
    const plain = http({ baseUrl, check });

    /** Logs in; the session is a cookie. */
    async function login(): Promise<string> {
      const body = { method: "account.login", params: { user: username, pass: password } };
      const { reply, headers } = await plain.request("POST", "/", { body });
      const cookie = headers.getSetCookie().map((line) => line.split(";")[0]);
      const session = cookie.join("; ");
      if ((reply.maybe("resData", "tfa")?.id() ?? "0") !== "0") await unlock(session);
      return session;
    }
    /** The second factor. A code works once, so where another process has just used it, the next one is waited for. */
    async function unlock(cookie: string): Promise<void> {
      if (sharedSecret === undefined)
        throw new ProviderError("PROVIDER_AUTH", "this INWX account needs a second factor", {
          hint: "Set INWX_SHARED_SECRET, or make a sub-account without two-factor authentication.",
        });
      const tryOnce = () => {
        const body = { method: "account.unlock", params: { tan: totp(sharedSecret, now()) } };
        return plain.post("/", body, { headers: { cookie }, repeat: false });
      };
      try {
        await tryOnce();
      } catch (error) {
        if (!(error instanceof ProviderError) || error.code !== "PROVIDER_AUTH") throw error;
        await sleep(totpStep - (now() % totpStep));
        await tryOnce();
      }
    }
    const session = cachedToken(async () => ({ token: await login(), expiresIn: 1800 }), now);
    const api = http({
      baseUrl,
      check,
      sign: async (request) => ({ ...request, headers: { ...request.headers, cookie: await session() } }),
    });
    const call = (method: string, params: object, options?: CallOptions) => api.post("/", { method, params }, options);

    async function find({ zone, fqdn, value }: TxtRecord): Promise<string | undefined> {
      const answer = await call("nameserver.info", { domain: zone.name, type: "TXT", name: fqdn });
      return answer
        .listOrNone("resData", "record")
        .filter((record) => record.text("type") === "TXT" && sameName(record.text("name"), fqdn))
        .find((record) => unquote(record.text("content")) === value)
        ?.id("id");
    }
    return {
      async *zones() {
        for (let page = 1, seen = 0, count = 1; seen < count; page++) {
          const answer = await call("nameserver.list", { page, pagelimit: pageLimit });
          const domains = answer.listOrNone("resData", "domains");
          for (const domain of domains) yield domain.text("domain");
          seen += domains.length;
          count = domains.length === 0 ? 0 : answer.number("resData", "count");
        }
      },
      async add(record) {
        const { zone, fqdn, value, ttl } = record;
        const known = await find(record);
        if (known !== undefined) return known;
        const params = { domain: zone.name, type: "TXT", name: fqdn, content: quote(value), ttl };
        return (await call("nameserver.createRecord", params, { repeat: false })).id("resData", "id");
      },
      async remove(record) {
        const id = await find(record);
        if (id === undefined) return;
        // Numbers where the API counts, and texts where its newer ids are texts; not repeated but looked for again.
        const params = { id: /^\d{1,15}$/.test(id) ? Number(id) : id };
        await call("nameserver.deleteRecord", params, { repeat: false });
      },
    };
  },
});
