import type { FoundProof } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import type { persistCheckFlags } from "../declarations/persist.ts";
import { exitCodes } from "../exit-code.ts";
import { table } from "../reporter/table.ts";
import { lookAt, openProofWork, wantedFor } from "../standing-proofs.ts";

/** Asks every server of each name for its standing record. */
export async function run(invocation: Invocation<typeof persistCheckFlags>): Promise<CommandResult> {
  const { args, flags } = invocation;
  const work = await openProofWork(invocation, false);
  const found = await Promise.all(
    args.map((name) => lookAt(name, wantedFor(name, flags.wildcard, work), flags, work.world)),
  );
  return {
    exitCode: found.every(({ valid }) => valid) ? exitCodes.done : exitCodes.failed,
    result: { account: work.accountUrl, records: found },
    lines: found.flatMap(linesOf),
  };
}

function linesOf({ asked, valid, servers }: FoundProof): readonly string[] {
  const words = { valid: "has it", absent: "has no TXT record there", other: "", failed: "is of no use:" };
  const rows = servers.map(({ server, state, detail }) => [`  ${server}`, `${words[state]} ${detail}`.trim()]);
  return [`${asked}: ${valid ? "counts" : "does not count"}`, ...table(rows)];
}
