import { deactivateAccount } from "@certwright/core";
import { removeAccount } from "@certwright/core/store";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountDeactivateFlags } from "../declarations/account.ts";
import { usageError } from "../errors.ts";

/** Ends an account for good, at the CA and then in the store. */
export async function run(invocation: Invocation<typeof accountDeactivateFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const { signal } = context.stopper;
  const { client, ca, id, store } = await openAccount(invocation, false);
  if (!flags.yes) {
    if (context.ask === undefined) throw usageError("nobody is there to confirm this", "Add --yes.");
    const answer = await context.ask(`Deactivate ${client.accountUrl} for good? It cannot be undone. [y/N] `, signal);
    if (!/^y(es)?$/i.test(answer.trim())) throw usageError("not confirmed", "Nothing was changed.");
  }
  const account = await deactivateAccount(client, { signal });
  // Its key is of no use any more, and in the way of a new account.
  await removeAccount(store, id);
  const { lines, ...rest } = accountResult(ca.directoryUrl, account);
  return { ...rest, lines: [...lines, "removed from the store; its certificates stay valid"] };
}
