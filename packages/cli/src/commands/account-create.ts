import { getAccount } from "@certwright/core";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";

/** Makes an account, or finds the one there is. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { client, ca } = await openAccount(invocation, true);
  return accountResult(
    ca.directoryUrl,
    await getAccount(client, { signal: invocation.context.stopper.signal }),
    client.thumbprint,
  );
}
