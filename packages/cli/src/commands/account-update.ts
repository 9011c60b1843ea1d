import { updateAccount } from "@certwright/core";
import { readAccount, saveAccountRecord } from "@certwright/core/store";
import { openAccount } from "../account-choice.ts";
import { accountResult } from "../account-result.ts";
import { emailOf } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountUpdateFlags } from "../declarations/account.ts";
import { usageError } from "../errors.ts";

/** Replaces the contact addresses. */
export async function run(invocation: Invocation<typeof accountUpdateFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  if (flags.contact.length === 0) throw usageError("no new contact", "Give it with --contact admin@example.com.");
  const contact = flags.contact.map((address) => `mailto:${emailOf(address)}`);
  const { client, ca, id, store } = await openAccount(invocation, false);
  const account = await updateAccount(client, contact, { signal: context.stopper.signal });
  const record = (await readAccount(store, id))?.record;
  if (record !== undefined) await saveAccountRecord(store, id, { ...record, contact });
  return accountResult(ca.directoryUrl, account);
}
