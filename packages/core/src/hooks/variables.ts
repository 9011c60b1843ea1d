import { type HookContext, hookContextVersion } from "./context.ts";

/** One environment variable of hooks. Everything about it stands here once. */
interface HookVariable {
  readonly name: string;
  readonly description: string;
  /** Undefined: it is not set. */
  readonly value: (context: HookContext, contextFile: string) => string | undefined;
}

const files = (context: HookContext) => context.issued?.files;
const legoFile = (context: HookContext, end: string): string | undefined => {
  const directory = files(context)?.directory;
  return directory === undefined ? undefined : `${directory}/${fileStem(context.certificate?.name ?? "")}${end}`;
};
const spaced = (names: HookContext["renewed"]): string | undefined =>
  names?.flatMap(({ domains }) => domains).join(" ");

/**
 * What files of a certificate are called in the way of lego, which writes `_` for `*`. Never a name that leads elsewhere,
 * nor one too long for a file system.
 */
export function fileStem(name: string): string {
  return name
    .replaceAll("*", "_")
    .replaceAll(/[/\\\0]|^\./g, "_")
    .slice(0, 100);
}

/** Our own variables, those of lego 4 and 5, and those of certbot, so that their hooks run unchanged. */
export const hookVariables: readonly HookVariable[] = [
  { name: "CERTWRIGHT_HOOK", description: "`pre`, `deploy` or `post`", value: ({ event }) => event },
  {
    name: "CERTWRIGHT_HOOK_CONTEXT",
    description: "file with the JSON that also comes on standard input",
    value: (_, file) => file,
  },
  { name: "CERTWRIGHT_HOOK_VERSION", description: "version of that JSON", value: () => String(hookContextVersion) },
  {
    name: "LEGO_ACCOUNT_EMAIL",
    description: "lego 4: contact address of the account",
    value: ({ certificate }) => certificate?.email,
  },
  {
    name: "LEGO_CERT_DOMAIN",
    description: "lego 4: first name of the certificate",
    value: ({ certificate }) => certificate?.domains[0],
  },
  {
    name: "LEGO_CERT_PATH",
    description: "lego 4: certificate and intermediates",
    value: (context) => legoFile(context, ".crt"),
  },
  { name: "LEGO_CERT_KEY_PATH", description: "lego 4: private key", value: (context) => legoFile(context, ".key") },
  {
    name: "LEGO_ISSUER_CERT_PATH",
    description: "lego 4: intermediates",
    value: (context) => legoFile(context, ".issuer.crt"),
  },
  {
    name: "LEGO_CERT_PEM_PATH",
    description: "lego 4: certificate, intermediates and key",
    value: (context) => legoFile(context, ".pem"),
  },
  {
    name: "LEGO_HOOK_ACCOUNT_ID",
    description: "lego 5: the account",
    value: ({ certificate }) => certificate?.email ?? certificate?.account,
  },
  {
    name: "LEGO_HOOK_ACCOUNT_EMAIL",
    description: "lego 5: contact address of the account",
    value: ({ certificate }) => certificate?.email,
  },
  {
    name: "LEGO_HOOK_ACCOUNT_SERVER",
    description: "lego 5: directory URL of the CA",
    value: ({ certificate }) => certificate?.server,
  },
  {
    name: "LEGO_HOOK_CERT_NAME",
    description: "lego 5: name of the certificate",
    value: ({ certificate }) => certificate?.name,
  },
  {
    name: "LEGO_HOOK_CERT_NAME_SANITIZED",
    description: "lego 5: the same as its files are called",
    value: ({ certificate }) => certificate && fileStem(certificate.name),
  },
  {
    name: "LEGO_HOOK_CERT_KEY_TYPE",
    description: "lego 5: `EC256`, `RSA2048`, ...",
    value: ({ certificate }) => certificate?.keyType?.toUpperCase(),
  },
  {
    name: "LEGO_HOOK_CERT_DOMAINS",
    description: "lego 5: all names, with commas between",
    value: ({ certificate }) => certificate?.domains.join(","),
  },
  {
    name: "LEGO_HOOK_CERT_PATH",
    description: "lego 5: certificate and intermediates",
    value: (context) => legoFile(context, ".crt"),
  },
  {
    name: "LEGO_HOOK_CERT_KEY_PATH",
    description: "lego 5: private key",
    value: (context) => legoFile(context, ".key"),
  },
  {
    name: "LEGO_HOOK_ISSUER_CERT_PATH",
    description: "lego 5: intermediates",
    value: (context) => legoFile(context, ".issuer.crt"),
  },
  {
    name: "LEGO_HOOK_CERT_PEM_PATH",
    description: "lego 5: certificate, intermediates and key",
    value: (context) => legoFile(context, ".pem"),
  },
  {
    name: "RENEWED_LINEAGE",
    description: "certbot: directory of `cert.pem`, `chain.pem`, `fullchain.pem` and `privkey.pem`",
    value: (context) => files(context)?.directory,
  },
  {
    name: "RENEWED_DOMAINS",
    description: "certbot: names of the certificate; after a run, of all that were issued; with spaces between",
    value: (context) => (context.event === "deploy" ? context.certificate?.domains.join(" ") : spaced(context.renewed)),
  },
  {
    name: "FAILED_DOMAINS",
    description: "certbot: after a run, names of all that failed, with spaces between",
    value: ({ failed }) => spaced(failed),
  },
];

/** The variables that are set for a context, and their values: names and paths, never keys. */
export function variablesOf(context: HookContext, contextFile: string): Record<string, string> {
  const set = hookVariables.flatMap(({ name, value }) => {
    const text = value(context, contextFile);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(set);
}
