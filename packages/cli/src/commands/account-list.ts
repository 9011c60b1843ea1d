import { listAccounts, type StoreError } from "@certwright/core/store";
import { knownCaOf } from "../ca-names.ts";
import { caSpecs } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { accountFlags } from "../declarations/account.ts";
import { exitCodes } from "../exit-code.ts";
import { withMoments } from "../output/moments.ts";
import { table } from "../reporter/table.ts";
import { openOnlyState } from "../state/open-state.ts";

/** Accounts in the store, of the CAs named or of all. One that is damaged is told, and hides no other. */
export async function run(invocation: Invocation<typeof accountFlags>): Promise<CommandResult> {
  const { flags, context, emit } = invocation;
  const wanted =
    flags.server.length === 0 ? undefined : caSpecs(flags, context).map(({ directoryUrl }) => directoryUrl);
  const damages: StoreError[] = [];
  const all = await listAccounts(await openOnlyState(invocation), undefined, (damage) => damages.push(damage));
  const accounts = all.filter(({ directoryUrl }) => wanted === undefined || wanted.includes(directoryUrl));
  const rows = accounts.map(({ directoryUrl, url, contact, createdAt }) => [
    knownCaOf(directoryUrl)?.name ?? directoryUrl,
    contact.map((address) => address.replace(/^mailto:/, "")).join(", "),
    new Date(createdAt).toISOString().slice(0, 10),
    url,
  ]);
  for (const { code, message, hint } of damages)
    emit({ type: "warning", code, message, ...(hint === undefined ? {} : { hint }) });
  const none = damages.length === 0 ? ["no accounts yet"] : [];
  return {
    exitCode: damages.length === 0 ? exitCodes.done : exitCodes.failed,
    result: {
      accounts: accounts.map(withMoments),
      ...(damages.length === 0 ? {} : { damaged: damages.flatMap(({ key }) => key ?? []) }),
    },
    lines: rows.length === 0 ? none : table([["CA", "EMAIL", "SINCE", "ACCOUNT"], ...rows]),
    errors: damages,
  };
}
