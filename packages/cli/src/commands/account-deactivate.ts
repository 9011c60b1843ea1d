import { type Account, type AcmeClient, deactivateAccount, findAccount } from "@certwright/core";
import { removeAccount } from "@certwright/core/store";
import { isCertwrightError } from "@certwright/provider/errors";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { confirm } from "../confirm.ts";
import type { accountDeactivateFlags } from "../declarations/account.ts";

/** Ends an account for good, at the CA and then in the store. */
export async function run(invocation: Invocation<typeof accountDeactivateFlags>): Promise<CommandResult> {
  const { signal } = invocation.context.stopper;
  const { client, ca, id, store } = await openAccount(invocation, false);
  await confirm(`Deactivate ${client.accountUrl} for good? It cannot be undone. [y/N] `, invocation);
  const account = await deactivate(client, signal);
  // Its key is of no use any more, and in the way of a new account.
  await removeAccount(store, id);
  const { lines, ...rest } = accountResult(ca.directoryUrl, account, client.thumbprint);
  return { ...rest, lines: [...lines, "removed from the store; its certificates stay valid"] };
}

/** Deactivates; an account that was ended before, by whomever, is as good. */
async function deactivate(client: AcmeClient, signal: AbortSignal): Promise<Account> {
  try {
    return await deactivateAccount(client, { signal });
  } catch (error) {
    if (!isCertwrightError(error) || !endedCodes.has(error.code)) throw error;
    if (!(await isEnded(client, signal))) throw error;
    return { url: client.accountUrl ?? "", status: "deactivated", contact: [] };
  }
}

const endedCodes: ReadonlySet<string> = new Set(["ACME_UNAUTHORIZED", "ACME_ACCOUNT_DEACTIVATED"]);

/** What the CA says of the key itself: an account that has another key now is alive. */
async function isEnded(client: AcmeClient, signal: AbortSignal): Promise<boolean> {
  try {
    await findAccount(client, { signal });
    return false;
  } catch (error) {
    return isCertwrightError(error) && endedCodes.has(error.code);
  }
}
