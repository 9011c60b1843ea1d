import type { CommandResult, Invocation } from "../command.ts";
import type { planFlags } from "../declarations/renew.ts";
import { run as renew } from "./renew.ts";

/** What `renew` would do, by the same code; no target is asked. */
export async function run(invocation: Invocation<typeof planFlags>): Promise<CommandResult> {
  const flags = { ...invocation.flags, dryRun: true, doctor: false, acceptTos: false };
  return await renew({ ...invocation, flags }, false);
}
