import { type CertificateSpec, type CertwrightEvent, type Run, type Swept, sweep } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import { openConfig } from "../config/open-config.ts";
import type { cleanupFlags } from "../declarations/dns.ts";
import { exitCodes } from "../exit-code.ts";
import { dnsChallengeSpecs } from "../issue-spec.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state/open-state.ts";

/** Undoes what runs that died had done outside. */
export async function run(invocation: Invocation<typeof cleanupFlags>): Promise<CommandResult> {
  const config = await openConfig(invocation);
  const engine = await openRun(invocation, {
    store: await openState(invocation, config),
    dns: {},
    acceptTerms: false,
    config,
  });
  try {
    const first = await sweepAll(config?.certificates ?? [], engine, invocation);
    const { undone, left, unreadable } = first;
    const isClean = left.length + unreadable.length === 0;
    return {
      exitCode: isClean ? exitCodes.done : exitCodes.failed,
      result: { undone, left: left.map(({ effect, reason }) => ({ ...effect, reason })) },
      lines: [undone === 0 && isClean ? "nothing was left behind" : `${undone} undone, ${left.length} still there`],
      errors: unreadable,
    };
  } finally {
    await engine.journal.close();
  }
}

/** By the certificates' own settings first; then, where a provider is named, by that. */
async function sweepAll(
  configured: readonly CertificateSpec[],
  engine: Run,
  { flags, context }: Invocation<typeof cleanupFlags>,
): Promise<Swept> {
  if (flags.dns.length === 0) return sweep(configured, engine, { whileUnsure: true });
  const challenges = dnsChallengeSpecs(flags, context.cwd);
  // What is left over now is tried again at once: only what is left then is worth a word.
  const { emit } = engine.world;
  const world = { ...engine.world, emit: (event: CertwrightEvent) => isLeftOver(event) || emit(event) };
  const first = await sweep(configured, { ...engine, world }, { whileUnsure: true });
  if (first.left.length === 0) return first;
  const names = [...new Set(first.left.map(({ effect }) => effect.certificate))];
  const second = await sweep(
    names.map((name) => standIn(name, challenges)),
    engine,
  );
  return {
    undone: first.undone + second.undone,
    left: second.left,
    living: second.living,
    unreadable: first.unreadable,
  };
}

function isLeftOver(event: CertwrightEvent): boolean {
  return event.type === "warning" && event.code === "LEFT_OVER";
}

/** A certificate that never came to be, as far as its records need one. */
function standIn(name: string, challenges: CertificateSpec["challenges"]): CertificateSpec {
  return { name, identifiers: [], keyType: "ec256", reuseKey: false, cas: [], challenges, dns: {}, deploy: [] };
}
