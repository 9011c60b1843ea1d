import { sweep } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import type { cleanupFlags } from "../declarations/dns.ts";
import { exitCodes } from "../exit-code.ts";
import { openRun } from "../run-setup.ts";

/** Undoes what runs that died had done outside. */
export async function run(invocation: Invocation<typeof cleanupFlags>): Promise<CommandResult> {
  const engine = await openRun(invocation, { dns: {}, acceptTerms: false });
  try {
    const { undone, left } = await sweep([], engine);
    return {
      exitCode: left.length === 0 ? exitCodes.done : exitCodes.failed,
      result: { undone, left: left.map(({ effect, reason }) => ({ ...effect, reason })) },
      lines: [
        undone === 0 && left.length === 0 ? "nothing was left behind" : `${undone} undone, ${left.length} still there`,
      ],
    };
  } finally {
    await engine.journal.close();
  }
}
