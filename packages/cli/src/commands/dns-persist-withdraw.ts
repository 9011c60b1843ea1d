import { standingProofName } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import type { persistWithdrawFlags } from "../declarations/persist.ts";
import { openDnsWork, placeValues } from "../dns-records.ts";
import { exitCodes } from "../exit-code.ts";
import { lookAt, openProofWork, ownValues, wantedFor } from "../standing-proofs.ts";

/** Removes what this account published for each name; records of others stay. */
export async function run(invocation: Invocation<typeof persistWithdrawFlags>): Promise<CommandResult> {
  const { args, flags } = invocation;
  const dns = await openDnsWork(invocation);
  const work = await openProofWork(invocation, false);
  const removed: { readonly name: string; readonly values: readonly string[] }[] = [];
  for (const name of args) {
    const wanted = wantedFor(name, flags.wildcard, work);
    const values = ownValues(await lookAt(name, wanted, flags, work.world), wanted);
    const placed = await placeValues(standingProofName(name), values, dns, flags.followAlias);
    const [first] = placed;
    if (first !== undefined) await first.binding.handle.remove(placed.map(({ record }) => record));
    removed.push({ name: first?.record.fqdn ?? standingProofName(name), values });
  }
  return {
    exitCode: exitCodes.done,
    result: { records: removed },
    lines: removed.flatMap(({ name, values }) =>
      values.length === 0
        ? [`${name}: nothing of this account is there`]
        : values.map((value) => `${name} TXT ${value}: removed`),
    ),
  };
}
