import {
  type AcmeClient,
  changeAccountKey,
  findAccount,
  generateKey,
  getAccount,
  keyToPem,
  readKey,
} from "@certwright/core";
import { type AccountId, readAccount, type Store, settleAccountKey, stageAccountKey } from "@certwright/core/store";
import { isCertwrightError } from "@certwright/provider";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";

/** Gives the account a new key: stored first, so that neither a crash nor a lost answer loses the account. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { signal } = invocation.context.stopper;
  const opened = await openAccount(invocation, false);
  const { id, ca, store } = opened;
  const client = await settleEarlier(opened.client, id, store, signal);
  const key = await generateKey("ec256");
  await stageAccountKey(store, id, keyToPem(key));
  try {
    const changed = await changeAccountKey(client, key, { signal });
    await settleAccountKey(store, id, true);
    return accountResult(ca.directoryUrl, await getAccount(changed, { signal }));
  } catch (error) {
    // The CA said no; of anything less certain the staged key is kept, and settled by the next try.
    if (isCertwrightError(error) && !error.retryable && error.code.startsWith("ACME_"))
      await settleAccountKey(store, id, false);
    throw error;
  }
}

/** Ends a rollover that was cut off: the CA is asked which key it took. */
async function settleEarlier(
  client: AcmeClient,
  id: AccountId,
  store: Store,
  signal: AbortSignal,
): Promise<AcmeClient> {
  const staged = (await readAccount(store, id))?.nextKeyPem;
  if (staged === undefined) return client;
  const successor = client.withKey(readKey(staged, "staged account key"), client.accountUrl);
  const found = await findAccount(successor, { signal });
  await settleAccountKey(store, id, found !== undefined && found.url === client.accountUrl);
  return found?.url === client.accountUrl ? successor : client;
}
