import type { Declaration } from "../command.ts";
import { list, toggle } from "../flags.ts";
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

export const accountDeclaration: Declaration = {
  name: "account",
  group,
  summary: "accounts at CAs: list, show, create, update, rollover, deactivate",
  flags: {},
  commands: [
    declare("list", "accounts in the store", () => import("../commands/account-list.ts")),
    declare("show", "the account at a CA, as the CA knows it", () => import("../commands/account-show.ts")),
    declare(
      "create",
      "make an account at a CA, or find the one that exists",
      () => import("../commands/account-create.ts"),
    ),
    update,
    declare(
      "rollover",
      "give the account a new key (RFC 8555 section 7.3.5)",
      () => import("../commands/account-rollover.ts"),
    ),
    deactivate,
  ],
};
