import { knownCas } from "../ca-names.ts";
import type { Declaration } from "../command.ts";
import { choice, list, repeated, text, toggle } from "../flags.ts";
import { keyTypes, readKeyType } from "../key-type.ts";
import { stateFlags } from "./config-flag.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";
import { detailedExitcodeFlag } from "./exit-code-flag.ts";
import { wayFlags } from "./way-flags.ts";

const what = { group: "What to certify" };
const run = { group: "This run" };

/** The CA and the account there. */
export const caFlags = {
  server: list(
    "--server <ca>",
    `CA by short name (${knownCas.map((ca) => ca.name).join(", ")}) or directory URL; several in order of preference`,
    { group: "Which CA", complete: knownCas.map((ca) => ca.name), shownDefault: "letsencrypt" },
  ),
  caFile: text("--ca-file <file>", "PEM roots to trust for the CA's own HTTPS, in place of the system's", {
    group: "Which CA",
    complete: "file",
  }),
  email: text("--email <address>", "contact of the account; none chooses the one without, beside others", {
    group: "Which CA",
  }),
  acceptTos: toggle("--accept-tos", "agree to the CA's terms of service", { group: "Which CA" }),
  fetchEab: toggle(
    "--fetch-eab",
    "let ZeroSSL make the external account binding: --email, or the key in ZEROSSL_ACCESS_KEY, is sent to its API",
    { group: "Which CA" },
  ),
  eabKid: text("--eab-kid <id>", "key identifier of an external account binding", { group: "Which CA" }),
  eabHmacKeyFile: text(
    "--eab-hmac-key-file <file>",
    "file with its HMAC key in base64url; or the key itself in CERTWRIGHT_EAB_HMAC_KEY",
    { group: "Which CA", complete: "file" },
  ),
};

export const issueFlags = {
  domain: list(
    "-d, --domain <names>",
    "name, wildcard or IP address; repeat or separate by commas; the first names the certificate",
    what,
  ),
  name: text("--name <name>", "name of the certificate in the store", { ...what, shownDefault: "the first domain" }),
  csr: text("--csr <file>", "your own certificate signing request, PEM or DER; the key stays with you", {
    ...what,
    complete: "file",
  }),
  keyType: choice(
    "--key-type <type>",
    `key of the certificate: ${keyTypes.join(", ")}`,
    { ...what, shownDefault: "ec256" },
    keyTypes,
    readKeyType,
  ),
  reuseKey: toggle("--reuse-key", "keep the key at renewal instead of a new one each time", what),
  profile: text("--profile <name>", "certificate profile the CA offers", what),
  preferredChain: text(
    "--preferred-chain <issuer>",
    "chain to take among the CA's alternates: common name of its topmost issuer, or the SHA-256 of its root",
    what,
  ),
  ...providerFlags,
  ...wayFlags,
  ...lookupFlags,
  ...propagationFlags,
  ...caFlags,
  deploy: repeated(
    "--deploy <target>",
    "where the certificate goes, haproxy:/run/haproxy/admin.sock, dataplane:https://user@host:5555 or export:/path/site.pem; repeat for several",
    { group: "Where it goes" },
  ),
  force: toggle("--force", "issue even if nothing is due", run),
  dryRun: toggle(
    "--dry-run",
    "say what would be done, and why, and what the deploy targets look like; and do nothing",
    run,
  ),
  doctor: toggle("--doctor", "first look for what would keep it from being issued (see: certwright doctor)", run),
  ...stateFlags,
  detailedExitcode: detailedExitcodeFlag,
};

export const issueDeclaration: Declaration<typeof issueFlags> = {
  name: "issue",
  aliases: ["run"],
  group: "Certificates",
  summary: "obtain a certificate, or renew it when it is due, and deploy it",
  description:
    "Obtains a certificate for the names given, stores it, and deploys it where asked.\nRun again, it renews when due and does nothing otherwise; what was asked for is kept for `certwright renew`.",
  flags: issueFlags,
  sumsUp: true,
  examples: [
    [
      "certwright issue -d example.com -d '*.example.com' --dns cloudflare --email me@example.com --accept-tos",
      "apex and wildcard, proved through Cloudflare",
    ],
    [
      "certwright issue -d www.example.com --dns rfc2136 --deploy haproxy:/run/haproxy/admin.sock",
      "live in HAProxy without a reload",
    ],
    ["certwright issue -d example.com --dns desec --server letsencrypt-staging", "try it out first"],
    ["certwright issue -d a.example.com --dns desec --http", "by DNS; where that fails, by http-01"],
    ["certwright issue -d a.example.com --http haproxy:/run/haproxy/admin.sock", "answered by HAProxy, from a map"],
  ],
  load: () => import("../commands/issue.ts"),
};
