import { randomBytes, sign } from "node:crypto";
import {
  cachedToken,
  defineProvider,
  type OutgoingRequest,
  ProviderError,
  path,
  type Reply,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

/** Adds what makes a token request one of its kind, and signs the whole (the documentation's "Authentication"). */
function signed(request: OutgoingRequest, key: string): OutgoingRequest {
  const nonce = randomBytes(16).toString("hex");
  const body = JSON.stringify({ ...JSON.parse(request.body ?? "{}"), nonce, label: `certwright-${nonce}` });
  try {
    const signature = sign("sha512", Buffer.from(body, "utf8"), key).toString("base64");
    return { ...request, body, headers: { ...request.headers, signature } };
  } catch {
    // The cause would show what was read.
    throw new ProviderError("PROVIDER_AUTH", "the private key of the TransIP account cannot be used", {
      hint: "It must be the whole key in PEM form, as the control panel shows it once, with its line breaks.",
    });
  }
}

export default defineProvider({
  id: "transip",
  name: "TransIP",
  website: "https://www.transip.nl",
  docs: "https://api.transip.nl/rest/docs.html",
  endpoint: "https://api.transip.nl/v6",
  options: {
    accountName: { description: "Name of the account", env: ["TRANSIP_ACCOUNT_NAME", "TRANSIP_Username"] },
    privateKey: {
      description: "Private key of the account, in PEM form",
      env: ["TRANSIP_PRIVATE_KEY"],
      secret: true,
      optional: true,
    },
    privateKeyPath: {
      description: "Path of a file with the private key",
      env: ["TRANSIP_PRIVATE_KEY_PATH", "TRANSIP_Key_File"],
      type: "path",
      optional: true,
    },
    anyAddress: {
      description: "Whether the key pair may be used from addresses that are not on the account's list",
      env: ["TRANSIP_GLOBAL_KEY", "TRANSIP_Token_Global_Key"],
      type: "boolean",
      default: true,
    },
  },
  oneOf: [["privateKey"], ["privateKeyPath"]],
  traits: {
    granularity: "record",
    concurrency: "zone",
    minTtl: 60,
    propagation: 600,
    limits: { specialCharacters: "TransIP takes no backslashes and backticks in TXT values." },
  },
  permissions: "A key pair of the account, which cannot be limited to zones, but to client addresses.",
  tested: {
    by: "contract",
    against: "what other clients send and read, not the vendor's own page: https://api.transip.nl/rest/docs.html",
    on: "2026-11-24",
  },
  async create({ accountName, privateKey, privateKeyPath, anyAddress }, { http, now, readFile }) {
    const key = privateKey ?? (await readFile(privateKeyPath ?? ""));
    const login = http({ sign: (request) => signed(request, key) });
    const token = cachedToken(async () => {
      const wish = { login: accountName, read_only: false, expiration_time: "30 minutes", global_key: anyAddress };
      return { token: (await login.post("/auth", wish)).text("token"), expiresIn: 1800 };
    }, now);
    /** The limit is a thousand calls in fifteen minutes, and the answer says when there is room again. */
    const check = (_: Reply, { status, headers }: { readonly status: number; readonly headers: Headers }) => {
      const retryAfter = Math.ceil(Number(headers.get("x-rate-limit-reset")) - now() / 1000);
      if (status !== 429 || headers.has("retry-after") || !(retryAfter > 0 && retryAfter <= 900)) return undefined;
      return new ProviderError("PROVIDER_RATE_LIMITED", "TransIP takes no more calls for now", { status, retryAfter });
    };
    const api = http({ bearer: token, check });
    const entries = (zone: string) => path`/domains/${zone}/dns`;
    async function find({ zone, name, value }: TxtRecord): Promise<Reply | undefined> {
      const all = (await api.get(entries(zone.name))).list("dnsEntries");
      return all
        .filter((entry) => entry.text("type") === "TXT" && sameName(entry.text("name"), name))
        .find((entry) => entry.text("content") === value);
    }
    return {
      async zones() {
        return (await api.get("/domains")).list("domains").map((domain) => domain.text("name"));
      },
      async add(record) {
        const { zone, name, value, ttl } = record;
        if (/[\\`]/.test(value))
          throw new ProviderError("PROVIDER_UNSUPPORTED", "TransIP takes no backslashes and backticks in TXT values");
        if ((await find(record)) !== undefined) return;
        const dnsEntry = { name, expire: ttl, type: "TXT", content: value };
        await api.post(entries(zone.name), { dnsEntry }, { repeat: false });
      },
      async remove(record) {
        // An entry has no id; all its fields name it, so it goes back as it came.
        const entry = await find(record);
        if (entry === undefined) return;
        await api.delete(entries(record.zone.name), { body: { dnsEntry: entry.value }, absent: null });
      },
    };
  },
});
