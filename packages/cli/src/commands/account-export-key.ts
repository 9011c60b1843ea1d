import { resolve } from "node:path";
import { readAccount } from "@certwright/core/store";
import { accountCa, chooseAccount } from "../account-choice.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountExportKeyFlags } from "../declarations/account.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { openOnlyState } from "../state/open-state.ts";
import { writeNewFile } from "../write-new-file.ts";

/** Writes an account's key to a new file that only this user can read. Nothing is asked of the CA. */
export async function run(invocation: Invocation<typeof accountExportKeyFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  if (flags.out === undefined) throw usageError("nothing says where to", "Give a new file with --out.");
  const store = await openOnlyState(invocation);
  const ca = await accountCa(flags, context, store);
  const stored = await readAccount(store, await chooseAccount(ca, flags, store));
  const path = resolve(context.cwd, flags.out);
  await writeNewFile(path, stored?.keyPem ?? "", 0o600);
  const warning =
    stored?.nextKeyPem === undefined ? [] : ["a rollover was cut off: run certwright account show, then export again"];
  return {
    exitCode: exitCodes.done,
    result: { account: stored?.record?.url, path },
    lines: [`${path} holds the key of ${stored?.record?.url}`, ...warning],
  };
}
