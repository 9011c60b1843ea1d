import { workAlone } from "@certwright/core";
import { removeCertificate, removeFailures, removeOrder } from "@certwright/core/store";
import type { CommandResult, Invocation } from "../command.ts";
import { confirm } from "../confirm.ts";
import type { removeFlags } from "../declarations/stored.ts";
import { exitCodes } from "../exit-code.ts";
import { openOnlyState } from "../state/open-state.ts";
import { chooseCertificates } from "../stored-certificates.ts";

/** Forgets a stored certificate, damaged or not. */
export async function run(invocation: Invocation<typeof removeFlags>): Promise<CommandResult> {
  const { args, context, emit } = invocation;
  const [name = ""] = args;
  const store = await openOnlyState(invocation);
  await chooseCertificates(store, [name]);
  await confirm(`Remove ${name} with all its keys? [y/N] `, invocation);
  const run = { store, world: { now: context.now, signal: context.stopper.signal, emit } };
  await workAlone(name, run, async () => {
    await removeCertificate(store, name);
    await removeOrder(store, name);
    await removeFailures(store, name);
  });
  return { exitCode: exitCodes.done, result: { certificate: name, removed: true }, lines: [`${name} removed`] };
}
