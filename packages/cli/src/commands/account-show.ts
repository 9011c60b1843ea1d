import { getAccount } from "@certwright/core";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";

/** The account as the CA knows it now. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { client, ca } = await openAccount(invocation, false);
  return accountResult(
    ca.directoryUrl,
    await getAccount(client, { signal: invocation.context.stopper.signal }),
    client.thumbprint,
  );
}
