import { deployCertificate, isLive } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import type { deployFlags } from "../declarations/stored.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { openTarget } from "../parts/target.ts";
import { targetAsJson } from "../renewal-result.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state.ts";
import { onlyCertificate, storedSpecs } from "../stored-certificates.ts";

/** One stored certificate, to its targets or to those named. */
export async function run(invocation: Invocation<typeof deployFlags>): Promise<CommandResult> {
  const { args, context, global, emit } = invocation;
  const [name = "", ...named] = args;
  // A misspelt target is found before anything is pushed to the others.
  for (const target of named) openTarget(target);
  const store = openState(global, context, emit);
  const meta = await onlyCertificate(store, name);
  const { specs } = await storedSpecs(store, [{ name, meta }]);
  const targets = named.length > 0 ? named : (specs[0]?.deploy ?? []);
  if (targets.length === 0) {
    throw usageError(`${name} has no targets`, `Name one: certwright deploy ${name} haproxy:/run/haproxy/admin.sock`);
  }
  const engine = await openRun(invocation, { dns: {}, acceptTerms: false });
  try {
    const results = await deployCertificate(name, targets, engine);
    return {
      exitCode: results.every(isLive) ? exitCodes.done : exitCodes.notDeployed,
      result: { certificate: name, targets: results.map(targetAsJson) },
      lines: [],
      errors: results.flatMap((result) => (result.ok ? [] : [result.error])),
    };
  } finally {
    await engine.journal.close();
  }
}
