import type { CommandResult, Invocation } from "../command.ts";
import type { planFlags } from "../declarations/renew.ts";
import { run as renew } from "./renew.ts";

/** What `renew` would do, by the same code. */
export async function run(invocation: Invocation<typeof planFlags>): Promise<CommandResult> {
  return await renew({ ...invocation, flags: { ...invocation.flags, dryRun: true, doctor: false, acceptTos: false } });
}
