import { ProviderError, type Reply, sameName } from "@certwright/provider";

/** What an acme-dns server answers to a registration: the right to set the two values at one name, and nothing else. */
export interface Account {
  /** The name to point `_acme-challenge` at; undefined where only the credential is known. */
  readonly fulldomain?: string;
  /** Its first label. */
  readonly subdomain: string;
  readonly username: string;
  readonly password: string;
}

/** Accounts by the domain they were made for, in the form of lego's storage file. */
export type Accounts = Readonly<Record<string, Account>>;

const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Reads accounts. @throws ProviderError `PROVIDER_AUTH` where they are not in that form; what they hold is never shown. */
export function readAccounts(text: string): Accounts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own error would show some of the text.
    throw unreadable("they are not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("they are not an object");
  return Object.fromEntries(Object.entries(value).map(([domain, entry]) => [domain, readAccount(domain, entry)]));
}

function readAccount(domain: string, entry: unknown): Account {
  const { fulldomain, subdomain, username, password } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const texts = [fulldomain, subdomain, username, password].map((part) => (typeof part === "string" ? part : ""));
  const [full = "", sub = "", user = "", pass = ""] = texts;
  if (full === "" || user === "" || pass === "" || !label.test(sub))
    throw unreadable(`that of ${domain} lacks one of fulldomain, subdomain, username and password`);
  return { fulldomain: full, subdomain: sub, username: user, password: pass };
}

/** The account in the answer to a registration. @throws ProviderError `PROVIDER_BAD_ANSWER` where it holds no such name. */
export function registered(reply: Reply): Account {
  const [fulldomain, subdomain] = [reply.text("fulldomain"), reply.text("subdomain")];
  const isName = label.test(subdomain) && fulldomain.split(".").every((part) => label.test(part));
  // The person is asked to point an alias there.
  if (!isName || !fulldomain.startsWith(`${subdomain}.`))
    throw new ProviderError("PROVIDER_BAD_ANSWER", "acme-dns answered a registration without a usable name");
  return { fulldomain, subdomain, username: reply.text("username"), password: reply.text("password") };
}

function unreadable(why: string): ProviderError {
  return new ProviderError("PROVIDER_AUTH", `the acme-dns accounts cannot be read: ${why}`, {
    hint: 'They are written as {"example.com": {"fulldomain": …, "subdomain": …, "username": …, "password": …}}.',
  });
}

/** The account that may change this name: at the end of the alias by its whole name, before it by its domain. */
export function accountFor(fqdn: string, accounts: Accounts): Account | undefined {
  const [first = "", ...rest] = fqdn.split(".");
  const all = Object.entries(accounts);
  const byName = all.find(([, { fulldomain }]) => fulldomain !== undefined && sameName(fulldomain, fqdn));
  const unnamed = all.find(([, { fulldomain, subdomain }]) => fulldomain === undefined && sameName(subdomain, first));
  const byDomain = first === "_acme-challenge" ? all.find(([domain]) => sameName(domain, rest.join("."))) : undefined;
  return (byName ?? unnamed ?? byDomain)?.[1];
}
