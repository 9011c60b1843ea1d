import type { Declaration } from "../command.ts";
import { read, text, toggle } from "../flags.ts";
import { readUntil } from "../until.ts";
import { stateFlags } from "./config-flag.ts";
import { lookupFlags, propagationFlags, providerFlags } from "./dns-flags.ts";
import { caFlags } from "./issue.ts";

const what = { group: "What the record says" };
const group = "DNS";
const names = { usage: "<names...>", description: "domains; a wildcard asks for --wildcard" };

const issuer = text("--issuer <domain>", "name the CA goes by in such records", {
  ...what,
  shownDefault: "the first of those in its directory",
});

export const persistCheckFlags = {
  wildcard: toggle("--wildcard", "for wildcards and names below, too", what),
  issuer,
  ...lookupFlags,
  ...propagationFlags,
  ...caFlags,
  ...stateFlags,
};

export const persistWithdrawFlags = { ...providerFlags, ...persistCheckFlags };

export const persistPublishFlags = {
  until: read(
    "--until <date>",
    "when it ends: 2027-06-30, or 90d from now",
    { ...what, shownDefault: "never" },
    readUntil,
  ),
  ...persistWithdrawFlags,
};

const publishDeclaration: Declaration<typeof persistPublishFlags> = {
  name: "publish",
  group,
  summary: "set the standing record that lets this account prove names without further changes",
  description:
    "Writes the TXT record at _validation-persist.<name> that names the CA and this account, waits until every server has it, and removes what this account published there before.\nIt is meant to stay: whoever has the account key can get certificates for the name as long as it stands.",
  args: [names],
  flags: persistPublishFlags,
  examples: [["certwright dns persist publish example.com --wildcard --until 365d --dns desec", ""]],
  load: () => import("../commands/dns-persist-publish.ts"),
};

const checkDeclaration: Declaration<typeof persistCheckFlags> = {
  name: "check",
  group,
  summary: "ask every name server whether the standing record is there and counts",
  args: [names],
  flags: persistCheckFlags,
  load: () => import("../commands/dns-persist-check.ts"),
};

const withdrawDeclaration: Declaration<typeof persistWithdrawFlags> = {
  name: "withdraw",
  group,
  summary: "remove the standing records of this account, and only these",
  args: [names],
  flags: persistWithdrawFlags,
  load: () => import("../commands/dns-persist-withdraw.ts"),
};

export const persistDeclaration: Declaration = {
  name: "persist",
  group,
  summary: "standing records (dns-persist-01): publish, check, withdraw",
  flags: {},
  commands: [publishDeclaration, checkDeclaration, withdrawDeclaration],
};
