import { encodeContext, type HookContext } from "./context.ts";
import { hookVariables } from "./variables.ts";

const directory = "/tmp/certwright-hook-Xk2f9Q/live/www.example.com";
const example: HookContext = {
  event: "deploy",
  scope: "certificate",
  certificate: {
    name: "www.example.com",
    domains: ["www.example.com", "example.com"],
    keyType: "ec256",
    profile: "tlsserver",
    server: "https://acme-v02.api.letsencrypt.org/directory",
    account: "https://acme-v02.api.letsencrypt.org/acme/acct/1234567",
    email: "ops@example.com",
  },
  issued: {
    generation: 7,
    notAfter: "2027-02-14T09:30:00.000Z",
    fingerprint256: "5b1c0e4f7a8d3926b1f0c7e5d4a392817f6e5d4c3b2a190817f6e5d4c3b2a190",
    files: {
      directory,
      certificate: `${directory}/cert.pem`,
      chain: `${directory}/chain.pem`,
      fullchain: `${directory}/fullchain.pem`,
      key: `${directory}/privkey.pem`,
      combined: `${directory}/combined.pem`,
    },
  },
};

/** The reference page of hooks in Markdown: what they are told, and how they are run. */
export function hookReference(): string {
  return [
    "# Hooks",
    "",
    "A hook is a program and its arguments; no shell reads them.",
    "It runs in a clean environment: PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ and TMPDIR, what `passEnv` and `env` name, and the variables below where they apply.",
    "On standard input it gets a JSON object, which also stands in the file `CERTWRIGHT_HOOK_CONTEXT`.",
    "Neither holds a private key: keys are named by their files, which are there while the hook runs. Copy what is to stay.",
    "After its time limit (2 minutes if nothing is said) its whole process group is asked to end, and killed 5 seconds later.",
    "The last 64 KiB of each output stream are read for the message; private keys in them are not shown.",
    "",
    "| Hook | Runs | When it fails |",
    "| --- | --- | --- |",
    "| `hooks.pre` of the file | once, before the first order of a run | no certificate is ordered |",
    "| `hooks.pre` of a certificate | before its order | it is not ordered |",
    "| `hooks.deploy` | after issuance, as a deploy target | tried again on its own schedule, without a new order |",
    "| `hooks.post` of a certificate | after the attempt, successful or not | told as a warning, and counted |",
    "| `hooks.post` of the file | once, after the last order of a run | told as a warning, and counted |",
    "",
    "What a deploy hook is told:",
    "",
    "```json",
    encodeContext(example).trimEnd(),
    "```",
    "",
    "A `pre` hook gets `reason` instead of `issued`. A `post` hook gets `issued`, without files, or `error` with `code` and `message`; that of the file gets `renewed` and `failed`, lists of `name` and `domains`, and no `certificate`.",
    "",
    "| Variable | Holds |",
    "| --- | --- |",
    ...hookVariables.map(({ name, description }) => `| \`${name}\` | ${description} |`),
    "",
  ].join("\n");
}
