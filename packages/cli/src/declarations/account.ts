import type { Declaration } from "../command.ts";
import { toggle } from "../flags.ts";
import { caFlags } from "./issue.ts";

const group = "Accounts";

export const accountFlags = caFlags;

export const accountDeactivateFlags = {
  ...caFlags,
  yes: toggle("--yes", "do not ask first", { group: "This run" }),
};

function declare(
  name: string,
  summary: string,
  load: NonNullable<Declaration["load"]>,
): Declaration<typeof accountFlags> {
  return { name, group, summary, flags: accountFlags, load };
}

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
    declare("update", "change the contact to --email", () => import("../commands/account-update.ts")),
    declare(
      "rollover",
      "give the account a new key (RFC 8555 section 7.3.5)",
      () => import("../commands/account-rollover.ts"),
    ),
    deactivate,
  ],
};
