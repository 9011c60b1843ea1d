import { CertwrightError } from "@certwright/provider";
import { changeAccountKey, findAccount } from "../acme/account.ts";
import type { AcmeClient } from "../acme/client.ts";
import { generateKey, keyThumbprint, keyToPem, readKey } from "../acme/keys.ts";
import { type AccountId, leaseAccount, readAccount, settleAccountKey, stageAccountKey } from "../store/accounts.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds to wait for another run that changes the same key. */
const leaseWait = 60_000;

/**
 * Gives an account a new key: stored first, so that neither a crash nor a lost answer loses the account.
 *
 * @returns a client that signs with the new key
 */
export async function rollOver(
  client: AcmeClient,
  id: AccountId,
  store: Store,
  signal: AbortSignal,
): Promise<AcmeClient> {
  await using _lease = await leaseAccount(store, id, { signal, waitMs: leaseWait });
  const before = await settle(client, id, store, signal);
  const key = await generateKey("ec256");
  await stageAccountKey(store, id, keyToPem(key));
  try {
    const changed = await changeAccountKey(before, key, { signal });
    await settleAccountKey(store, id, true);
    return changed;
  } catch (error) {
    // An answer may be a gateway's, while the CA took the key: to throw away the one it has would lose the account. Where it
    // cannot be asked either, the staged key is kept, and settled by the next run.
    const settled = await settle(client, id, store, signal).catch(() => undefined);
    if (settled?.thumbprint !== keyThumbprint(key)) throw error;
    return settled;
  }
}

/** Ends a rollover that was cut off: the CA is asked which key it took. A client that signs with that one. */
export async function settleRollover(
  client: AcmeClient,
  id: AccountId,
  store: Store,
  signal: AbortSignal,
): Promise<AcmeClient> {
  await using _lease = await leaseAccount(store, id, { signal, waitMs: leaseWait });
  return await settle(client, id, store, signal);
}

async function settle(client: AcmeClient, id: AccountId, store: Store, signal: AbortSignal): Promise<AcmeClient> {
  const stored = await readAccount(store, id);
  const { accountUrl } = client;
  if (stored === undefined) throw gone(accountUrl);
  // Whoever held the account before may have given it another key since this client was made.
  const current = client.withKey(readKey(stored.keyPem, "account key"), accountUrl);
  if (stored.nextKeyPem === undefined) return current;
  const successor = client.withKey(readKey(stored.nextKeyPem, "staged account key"), accountUrl);
  const isTaken = (await findAccount(successor, { signal }))?.url === accountUrl;
  await settleAccountKey(store, id, isTaken);
  return isTaken ? successor : current;
}

function gone(accountUrl: string | undefined): CertwrightError {
  return new CertwrightError("ACME_ACCOUNT_NEEDED", `the account ${accountUrl} was removed meanwhile`, {
    hint: "See: certwright account list",
  });
}
