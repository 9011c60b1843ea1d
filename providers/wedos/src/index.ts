import { createHash } from "node:crypto";
import {
  defineProvider,
  type OutgoingRequest,
  type Refusal,
  type RefusalKind,
  type Reply,
  sameName,
  type TxtRecord,
} from "@certwright/provider";

const sha1 = (text: string) => createHash("sha1").update(text, "utf8").digest("hex");

/** The hour of the day where WEDOS is, 00 to 23: a part of every request's signature. */
const pragueHour = (now: number) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Prague", hour: "2-digit", hourCycle: "h23" }).format(now);

const kinds: Readonly<Record<number, RefusalKind>> = {
  2201: "zoneNotFound",
  2202: "zoneNotFound",
  2310: "quota",
  2316: "conflict",
  2318: "unsupported",
  3222: "zoneNotFound",
  3223: "forbidden",
  3305: "conflict",
  3306: "zoneNotFound",
};

/** WAPI answers 200 to everything; 1000 is its success. */
function check(reply: Reply, { status }: { readonly status: number }): Refusal | undefined {
  const code = reply.maybe("response", "code")?.number();
  if (status >= 400 || code === 1000) return undefined;
  const words = reply.maybe("response", "result")?.text() ?? "no reason given";
  // Of wrong credentials and forbidden addresses the documentation gives no codes.
  const isAuth = /auth|login|password|ip address/i.test(words);
  return {
    kind: kinds[code ?? 0] ?? (isAuth ? "auth" : "invalid"),
    message: `${words}, code ${code}`,
    hint: isAuth
      ? "It is not the account's own password, and WAPI must allow this machine's address, its IPv6 one too."
      : "The domain must be a primary one in WEDOS DNS.",
  };
}

export default defineProvider({
  id: "wedos",
  name: "WEDOS",
  website: "https://www.wedos.com",
  docs: "https://kb.wedos.com/en/wapi-api-interface/wdns-en/wapi-wdns/",
  endpoint: "https://api.wedos.com/wapi/json",
  options: {
    username: { description: "Login of the account", env: ["WEDOS_USERNAME"], example: "you@example.com" },
    wapiPassword: { description: "Password of WAPI", env: ["WEDOS_WAPI_PASSWORD"], secret: true },
  },
  // A commit publishes all of a domain's changes, so one change at a time.
  traits: { granularity: "record", concurrency: "zone", minTtl: 300, propagation: 600 },
  permissions: "The account's WAPI password, which cannot be limited, from an address that WAPI allows.",
  tested: {
    by: "contract",
    against: "https://kb.wedos.com/en/wapi-api-interface/wdns-en/wapi-wdns/",
    on: "2026-11-24",
  },
  create({ username, wapiPassword }, { http, now }) {
    /** Wraps the command into the form WAPI takes, with the signature of this very hour. */
    function sign(request: OutgoingRequest): OutgoingRequest {
      const auth = sha1(username + sha1(wapiPassword) + pragueHour(now()));
      const body = JSON.stringify({ request: { user: username, auth, ...JSON.parse(request.body ?? "{}") } });
      const headers = { ...request.headers, "content-type": "application/x-www-form-urlencoded" };
      return { ...request, headers, body: new URLSearchParams({ request: body }).toString() };
    }
    const api = http({ sign, check });
    const call = async (command: string, data: object, options = {}) =>
      (await api.post("", { command, data }, options)).at("response");
    const commit = (zone: string) => call("dns-domain-commit", { name: zone });
    async function find({ zone, name, value }: TxtRecord): Promise<string | undefined> {
      const rows = (await call("dns-rows-list", { domain: zone.name })).listOrNone("data", "row");
      return rows
        .filter((row) => row.text("rdtype") === "TXT" && sameName(row.text("name"), name))
        .find((row) => row.text("rdata") === value)
        ?.id("ID");
    }
    return {
      async zones() {
        const data = (await call("dns-domains-list", {})).maybe("data");
        // An object with a key for each domain; of none it is an empty list.
        if (data === undefined || Array.isArray(data.value)) return [];
        const domains = data.entries().map(([, domain]) => domain);
        return domains.filter((domain) => domain.text("type") === "primary").map((domain) => domain.text("name"));
      },
      // The commit also comes without a change of ours: an earlier try may have ended before its own.
      async add(record) {
        const { zone, name, value, ttl } = record;
        if ((await find(record)) === undefined) {
          const row = { domain: zone.name, name: name === "@" ? "" : name, ttl, type: "TXT", rdata: value };
          await call("dns-row-add", row, { repeat: false });
        }
        await commit(zone.name);
      },
      async remove(record) {
        const { zone } = record;
        const id = await find(record);
        if (id !== undefined) await call("dns-row-delete", { domain: zone.name, row_id: id }, { repeat: false });
        await commit(zone.name);
      },
    };
  },
});
