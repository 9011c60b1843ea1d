import type { Declaration } from "../command.ts";
import { list, text, toggle } from "../flags.ts";
import { stateFlags } from "./config-flag.ts";
import { caFlags } from "./issue.ts";

const group = "Accounts";

export const accountFlags = { ...caFlags, ...stateFlags };

export const accountUpdateFlags = {
  ...accountFlags,
  contact: list("--contact <addresses>", "new contact addresses in place of the old", { group: "What to change" }),
};

export const accountDeactivateFlags = {
  ...accountFlags,
  yes: toggle("--yes", "do not ask first", { group: "This run" }),
};

export const accountExportKeyFlags = {
  ...accountFlags,
  out: text("--out <file>", "a new file for the key, PEM; only you can read it", {
    group: "What to write",
    complete: "file",
  }),
};

function declare(
  name: string,
  summary: string,
  load: NonNullable<Declaration["load"]>,
): Declaration<typeof accountFlags> {
  return { name, group, summary, flags: accountFlags, load };
}

const update: Declaration<typeof accountUpdateFlags> = {
  name: "update",
  group,
  summary: "change the contact addresses the CA has",
  description:
    "Replaces the contact addresses at the CA by --contact. The account keeps the name it was made with: --email chooses it as before.",
  flags: accountUpdateFlags,
  load: () => import("../commands/account-update.ts"),
};

const deactivate: Declaration<typeof accountDeactivateFlags> = {
  name: "deactivate",
  group,
  summary: "end the account at a CA for good",
  flags: accountDeactivateFlags,
  load: () => import("../commands/account-deactivate.ts"),
};

const importKey: Declaration<typeof accountFlags> = {
  name: "import",
  group,
  summary: "take over an account by its key: of certbot, lego, acme.sh, or exported before",
  description:
    "Asks the CA which account the key belongs to, and keeps both. No account is made, and nothing is stored where the CA knows none.",
  args: [
    { usage: "<file>", description: "the account's private key: PEM, or certbot's private_key.json", complete: "file" },
  ],
  flags: accountFlags,
  examples: [
    [
      "certwright account import /etc/letsencrypt/accounts/acme-v02.api.letsencrypt.org/directory/ID/private_key.json --email me@example.com",
      "from certbot",
    ],
    [
      "certwright account import .lego/accounts/acme-v02.api.letsencrypt.org/me@example.com/keys/me@example.com.key --email me@example.com",
      "from lego",
    ],
    ["certwright account import ~/.acme.sh/ca/acme.zerossl.com/v2/DV90/account.key --server zerossl", "from acme.sh"],
  ],
  load: () => import("../commands/account-import.ts"),
};

const exportKey: Declaration<typeof accountExportKeyFlags> = {
  name: "export-key",
  group,
  summary: "write the account's key to a new file, to keep it safe or to use it elsewhere",
  flags: accountExportKeyFlags,
  examples: [["certwright account export-key --out account.pem", "then keep it where the state is not"]],
  load: () => import("../commands/account-export-key.ts"),
};

export const accountDeclaration: Declaration = {
  name: "account",
  group,
  summary: "accounts at CAs: list, show, create, import, export-key, update, rollover, deactivate",
  flags: {},
  commands: [
    declare("list", "accounts in the store", () => import("../commands/account-list.ts")),
    declare("show", "the account at a CA, as the CA knows it", () => import("../commands/account-show.ts")),
    declare(
      "create",
      "make an account at a CA, or find the one that exists",
      () => import("../commands/account-create.ts"),
    ),
    importKey,
    exportKey,
    update,
    declare(
      "rollover",
      "give the account a new key (RFC 8555 section 7.3.5)",
      () => import("../commands/account-rollover.ts"),
    ),
    deactivate,
  ],
};
