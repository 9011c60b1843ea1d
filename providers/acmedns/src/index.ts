import { defineProvider, ProviderError, type TxtRecord } from "@certwright/provider";
import { type Account, type Accounts, accountFor, readAccounts, registered } from "./accounts.ts";

/** What this process has made of one name. */
interface Pair {
  /** The values written last, at most two, the older first. */
  readonly values: readonly string[];
  /** Whether all of them have been confirmed. */
  readonly confirmed: boolean;
}

export default defineProvider({
  id: "acmedns",
  name: "acme-dns",
  aliases: ["acme-dns"],
  website: "https://github.com/joohoi/acme-dns",
  docs: "https://github.com/joohoi/acme-dns#api",
  options: {
    endpoint: {
      description: "Address of the acme-dns server's API",
      env: ["ACME_DNS_API_BASE", "ACMEDNS_BASE_URL"],
      type: "url",
      example: "https://auth.acme-dns.io",
    },
    accounts: {
      description: "Accounts by domain, as JSON; `certwright dns setup` writes them",
      env: ["CERTWRIGHT_DNS_ACMEDNS_ACCOUNTS"],
      secret: true,
      optional: true,
    },
    storagePath: {
      description: "Path of a JSON file with accounts by domain",
      env: ["ACME_DNS_STORAGE_PATH"],
      type: "path",
      optional: true,
    },
    username: { description: "User of a single account", env: ["ACMEDNS_USERNAME"], optional: true },
    password: { description: "Password of a single account", env: ["ACMEDNS_PASSWORD"], secret: true, optional: true },
    subdomain: { description: "Subdomain of a single account", env: ["ACMEDNS_SUBDOMAIN"], optional: true },
    allowFrom: {
      description: "Networks that new accounts may be used from, in CIDR form",
      env: ["ACME_DNS_ALLOWLIST"],
      type: "list",
      optional: true,
      example: "192.0.2.0/24",
    },
  },
  traits: {
    granularity: "record",
    concurrency: "name",
    minTtl: 1,
    maxValues: 2,
    propagation: 30,
    limits: {
      removal: "acme-dns removes nothing: a value stays until two later ones have taken its place.",
      foreignValues: "acme-dns holds two values at a name, shows neither, and a third pushes the older one out.",
      longValues: "acme-dns takes only values of 43 characters, as challenges have them.",
      specialCharacters: "acme-dns takes only letters, digits, - and _.",
      apex: "acme-dns holds values only at the names it makes itself.",
    },
  },
  permissions: "An account can set the two values at its own name and nothing else, so there is no smaller right.",
  tested: { by: "contract", against: "https://github.com/joohoi/acme-dns#api", on: "2026-11-24" },
  async setup(options, { http, readFile, domains }) {
    const api = http();
    const accounts: Record<string, Account> = { ...(await accountsOf(options, readFile)) };
    // A single account says neither its domain nor its name, so it is no part of the list.
    delete accounts[""];
    const names = [...new Set(domains.map((domain) => domain.replace(/^\*\./, "")))];
    for (const domain of names) {
      if (accounts[domain] !== undefined) continue;
      const body = options.allowFrom === undefined ? {} : { allowfrom: options.allowFrom };
      const reply = await api.post("/register", body, { repeat: false });
      accounts[domain] = registered(reply);
    }
    const records = names.flatMap((domain) => {
      const value = accounts[domain]?.fulldomain;
      return value === undefined ? [] : [{ name: `_acme-challenge.${domain}`, type: "CNAME" as const, value }];
    });
    return { records, options: { accounts: JSON.stringify(accounts) } };
  },
  async create(options, { http, readFile }) {
    const accounts = await accountsOf(options, readFile);
    const pairs = new Map<string, Pair>();

    async function write({ subdomain, username, password }: Account, value: string): Promise<void> {
      const api = http({ headers: { "x-api-user": username, "x-api-key": password }, mask: [password] });
      const { reply } = await api.request("POST", "/update", { body: { subdomain, txt: value }, repeat: false });
      if (reply.text("txt") !== value)
        throw new ProviderError("PROVIDER_BAD_ANSWER", "acme-dns confirmed another value", { uncertain: true });
    }

    /**
     * Every update takes the older of two places, so one that may have been lost must not just be repeated: that would
     * push out the other value. Writing both anew ends right whatever happened before.
     */
    async function add({ fqdn, name, value }: TxtRecord): Promise<void> {
      if (!/^[\w-]{43}$/.test(value))
        throw new ProviderError("PROVIDER_UNSUPPORTED", "acme-dns takes only values of 43 characters");
      if (name === "@")
        throw new ProviderError("PROVIDER_UNSUPPORTED", "acme-dns holds no values at a zone's own name");
      const account = accountFor(fqdn, accounts);
      if (account === undefined) throw noAccount(fqdn);
      const before = pairs.get(fqdn) ?? { values: [], confirmed: true };
      if (before.confirmed && before.values.includes(value)) return;
      const values = [...before.values.filter((old) => old !== value), value].slice(-2);
      pairs.set(fqdn, { values, confirmed: false });
      for (const one of before.confirmed ? [value] : values) await write(account, one);
      pairs.set(fqdn, { values, confirmed: true });
    }

    const zones = Object.values(accounts).flatMap(({ fulldomain }) => fulldomain?.split(".").slice(1).join(".") ?? []);
    return {
      ...(zones.length === 0 ? {} : { zones: async () => [...new Set(zones)] }),
      add,
      // There is nothing to call: a value goes when later ones take its place.
      remove: async () => {},
    };
  },
});

/** What of the options says which accounts there are; together they are one list. */
interface Given {
  readonly accounts?: string;
  readonly storagePath?: string;
  readonly username?: string;
  readonly password?: string;
  readonly subdomain?: string;
}

async function accountsOf(given: Given, readFile: (path: string) => Promise<string>): Promise<Accounts> {
  const { accounts, storagePath, username, password, subdomain } = given;
  const stored = storagePath === undefined ? {} : readAccounts(await readFile(storagePath));
  const listed = accounts === undefined ? {} : readAccounts(accounts);
  const isSingle = username !== undefined && password !== undefined && subdomain !== undefined;
  return { ...stored, ...listed, ...(isSingle ? { "": { username, password, subdomain } } : {}) };
}

function noAccount(fqdn: string): ProviderError {
  return new ProviderError("PROVIDER_NOT_FOUND", `there is no acme-dns account for ${fqdn}`, {
    hint: "Run `certwright dns setup` for the domain, and make the CNAME record it says.",
  });
}
