import { getAccount, rollOver } from "@certwright/core";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";

/** Gives the account a new key. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { signal } = invocation.context.stopper;
  const { client, ca, id, store } = await openAccount(invocation, false);
  const changed = await rollOver(client, id, store, signal);
  return accountResult(ca.directoryUrl, await getAccount(changed, { signal }), changed.thumbprint);
}
