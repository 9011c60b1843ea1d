import { deployCertificate, type Emit, isLive, workAlone } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import { targetIdOf } from "../config/configured-targets.ts";
import { openConfig } from "../config/open-config.ts";
import type { deployFlags } from "../declarations/stored.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { openConfiguredTarget } from "../parts/configured-target.ts";
import { targetAsJson } from "../renewal-result.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state/open-state.ts";
import { onlyCertificate, storedSpecs } from "../stored-certificates.ts";

/** One stored certificate, to its targets or to those named. */
export async function run(invocation: Invocation<typeof deployFlags>): Promise<CommandResult> {
  const { args, emit } = invocation;
  const [name = "", ...words] = args;
  const config = await openConfig(invocation);
  const store = await openState(invocation, config);
  const named = words.map((word) => targetIdOf(word, config));
  // A misspelt target is found before anything is pushed to the others.
  for (const target of named) openConfiguredTarget(target, config, invocation, store);
  const meta = await onlyCertificate(store, name);
  const configured = config?.certificates.find((spec) => spec.name === name);
  const spec = configured ?? (await storedSpecs(store, [{ name, meta }])).specs[0];
  const own = spec?.deploy ?? [];
  const targets = named.length > 0 ? named : own;
  if (targets.length === 0) {
    throw usageError(`${name} has no targets`, `Name one: certwright deploy ${name} haproxy:/run/haproxy/admin.sock`);
  }
  const engine = await openRun(invocation, { store, dns: {}, acceptTerms: false, config });
  try {
    // A renewal under way is waited for: what was read before it must not be put over what it deploys.
    const results = await workAlone(name, engine, (alone) => deployCertificate(name, targets, alone, own));
    warnOfOthers(name, targets, own, configured !== undefined, emit);
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

/** Warns of targets that are none of the certificate's own, so that nobody thinks its successor comes there. */
function warnOfOthers(
  certificate: string,
  targets: readonly string[],
  own: readonly string[],
  configured: boolean,
  emit: Emit,
): void {
  for (const target of targets.filter((each) => !own.includes(each))) {
    emit({
      type: "warning",
      code: "CLI_TARGET_UNKEPT",
      certificate,
      message: `${target} is none of the targets of ${certificate}, so renewals do not go there`,
      hint: configured
        ? "Add it under deploy in the configuration."
        : "Give all its targets with --deploy, in another run of `certwright issue` for the same names.",
    });
  }
}
