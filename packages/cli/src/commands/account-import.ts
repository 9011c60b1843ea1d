import { accountIdOf, connectCa, findAccount, keyToPem, readKeyOrJwk } from "@certwright/core";
import { readAccount, saveAccountKey, saveAccountRecord } from "@certwright/core/store";
import { accountResult } from "../account-result.ts";
import { onlyCa } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";
import { cliError } from "../errors.ts";
import { readSmallTextFile } from "../files.ts";
import { openCaAccess } from "../parts/ca-access.ts";
import { openOnlyState } from "../state/open-state.ts";
import { createWorld } from "../world.ts";

/** Finds the account a key belongs to, and keeps both. Nothing is stored, and nothing made, where the CA knows none. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { args, flags, context, emit } = invocation;
  const [file = ""] = args;
  const { signal } = context.stopper;
  const keyPem = keyToPem(readKeyOrJwk(await readSmallTextFile(file), "account key"));
  const ca = onlyCa(flags, context);
  const id = accountIdOf(ca);
  const store = await openOnlyState(invocation);
  const before = await readAccount(store, id);
  if (before !== undefined && before.keyPem.trim() !== keyPem.trim()) {
    const whose = ca.email === undefined ? "without an address" : `for ${ca.email}`;
    throw cliError("CLI_ACCOUNT_EXISTS", `there is another account ${whose} at ${ca.directoryUrl}`, {
      hint: "Give this one another --email, or end the other first: certwright account deactivate.",
    });
  }
  const access = await openCaAccess(ca, { acceptTerms: false, fetchEab: false }, invocation);
  const client = connectCa(ca, access, keyPem, createWorld(invocation, {}), store);
  const account = await findAccount(client, { signal });
  client.close();
  if (account === undefined) {
    throw cliError("CLI_ACCOUNT_UNKNOWN", `${ca.directoryUrl} knows no account of the key in ${file}`, {
      hint: "Is it the account's key, not a certificate's? Is it the right --server, not its staging?",
    });
  }
  if (before === undefined) await saveAccountKey(store, id, keyPem);
  await saveAccountRecord(store, id, {
    directoryUrl: ca.directoryUrl,
    url: account.url,
    contact: ca.email === undefined ? [] : [`mailto:${ca.email}`],
    createdAt: before?.record?.createdAt ?? context.now(),
  });
  emit({ type: "account.found", ca: ca.directoryUrl, account: account.url });
  const { lines, ...rest } = accountResult(ca.directoryUrl, account, client.thumbprint);
  const where = ca.email === undefined ? "where no --email is given" : `where --email is ${ca.email}`;
  return { ...rest, lines: [...lines, `used     ${where}`] };
}
