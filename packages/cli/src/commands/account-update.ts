import { updateAccount } from "@certwright/core";
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
  const { client, ca } = await openAccount(invocation, false);
  // The store's own record keeps the address the account was made with: certificates refer to it by that.
  return accountResult(
    ca.directoryUrl,
    await updateAccount(client, contact, { signal: context.stopper.signal }),
    client.thumbprint,
  );
}
