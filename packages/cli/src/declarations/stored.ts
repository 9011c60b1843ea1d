import type { Declaration } from "../command.ts";
import { choice, text, toggle } from "../flags.ts";
import { configFlags, stateFlags } from "./config-flag.ts";
import { caFlags } from "./issue.ts";

const group = "Certificates";
const name = {
  usage: "<name>",
  description: "certificate, as `certwright list` names it",
  complete: "certificate",
} as const;

export const listFlags = {
  names: toggle("--names", "names alone, one a line", { group: "What to show" }),
  ...stateFlags,
};

export const listDeclaration: Declaration<typeof listFlags> = {
  name: "list",
  aliases: ["ls"],
  group,
  summary: "certificates in the store, when they end and whether they are live",
  flags: listFlags,
  load: () => import("../commands/list.ts"),
};

export const statusFlags = configFlags;

export const statusDeclaration: Declaration<typeof statusFlags> = {
  name: "status",
  group,
  summary: "all that is known of certificates: names, life, targets, last failure, what is due next",
  args: [{ ...name, usage: "[names...]" }],
  flags: statusFlags,
  load: () => import("../commands/status.ts"),
};

const reasons = ["unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"] as const;

export const revokeFlags = {
  reason: choice(
    "--reason <reason>",
    `why: ${reasons.join(", ")} (RFC 5280 section 5.3.1)`,
    { group: "What to revoke", shownDefault: "unspecified" },
    reasons,
    (word) => reasons.find((reason) => reason.toLowerCase() === word) ?? word,
  ),
  cert: text("--cert <file>", "a certificate that is not in the store, PEM", {
    group: "What to revoke",
    complete: "file",
  }),
  key: text("--key <file>", "its private key, to revoke without the account", {
    group: "What to revoke",
    complete: "file",
  }),
  reissue: toggle("--reissue", "first obtain another with a new key and deploy it, then revoke the old one", {
    group: "What to revoke",
  }),
  ...caFlags,
  ...configFlags,
};

export const revokeDeclaration: Declaration<typeof revokeFlags> = {
  name: "revoke",
  group,
  summary: "make a certificate invalid before its time",
  args: [{ ...name, usage: "[name]" }],
  flags: revokeFlags,
  examples: [
    [
      "certwright revoke example.com --reason keyCompromise --reissue",
      "replaced everywhere by one with a new key, then revoked",
    ],
    [
      "certwright revoke example.com --reason cessationOfOperation",
      "then `certwright remove example.com`, or renew obtains another",
    ],
    ["certwright revoke --cert leaf.pem --key leaf.key --reason keyCompromise", "one that was obtained elsewhere"],
  ],
  load: () => import("../commands/revoke.ts"),
};

export const removeFlags = {
  ...stateFlags,
  yes: toggle("--yes", "do not ask first", { group: "This run" }),
};

export const removeDeclaration: Declaration<typeof removeFlags> = {
  name: "remove",
  group,
  summary: "forget a stored certificate: its keys, all generations, and that it is renewed",
  description:
    "Removes a certificate from the store. What targets have stays there, and it stays valid: to end it, revoke it first.\nOne that a configuration names is obtained again; take it out there.",
  args: [name],
  flags: removeFlags,
  load: () => import("../commands/remove.ts"),
};

export const deployFlags = configFlags;

export const deployDeclaration: Declaration<typeof deployFlags> = {
  name: "deploy",
  group,
  summary: "push a stored certificate to its targets, or to others, and check that it is served",
  description:
    "Pushes the stored certificate now, whatever was done before, and checks that it is served. Exit code 3 where it is not.\nTargets named here that are none of its own get it this once; renewals go to those given by --deploy to `certwright issue`, or by the configuration.",
  args: [
    name,
    {
      usage: "[targets...]",
      description:
        "haproxy:/run/haproxy/admin.sock, export:/path/site.pem, or labels of the configuration; left out: all its targets",
    },
  ],
  flags: deployFlags,
  examples: [
    ["certwright deploy example.com haproxy:/run/haproxy/admin.sock", "to a node that was not reachable before"],
  ],
  load: () => import("../commands/deploy.ts"),
};
