import { createCiReporter } from "../ci/ci-reporter.ts";
import { ciSystemOf } from "../ci/ci-system.ts";
import type { CliContext, Output } from "../context.ts";
import type { GlobalFlags } from "../declarations/global.ts";
import { createJsonReporter } from "./json.ts";
import { createLiveReporter } from "./live.ts";
import { choosePaint } from "./paint.ts";
import { createPlainReporter } from "./plain.ts";
import type { Reporter, ReporterSetup } from "./reporter.ts";
import type { Secrets } from "./secrets.ts";

/** What decides about the form of output. */
export type OutputFlags = Pick<GlobalFlags, "json" | "quiet" | "debug" | "color" | "ci">;

/**
 * JSON lines where asked for; live steps on a terminal that can move its cursor; plain lines everywhere else. A CI system
 * is told besides.
 *
 * @param sumsUp whether the command is about what came of certificates
 */
export function chooseReporter(flags: OutputFlags, context: CliContext, secrets: Secrets, sumsUp = false): Reporter {
  const system = ciSystemOf(flags.ci, context);
  return createCiReporter(chooseForm(flags, context, secrets), { system, sumsUp, context, secrets });
}

function chooseForm(flags: OutputFlags, context: CliContext, secrets: Secrets): Reporter {
  const paintFor = ({ isTTY }: Output) => choosePaint({ wanted: flags.color && !flags.json, isTTY, env: context.env });
  const setup: ReporterSetup = {
    context,
    secrets,
    quiet: flags.quiet,
    debug: flags.debug,
    paint: paintFor(context.stdout),
    get errorPaint() {
      return paintFor(context.stderr);
    },
  };
  if (flags.json) return createJsonReporter(setup);
  return isLive(flags, context) ? createLiveReporter(setup) : createPlainReporter(setup);
}

/** Below this a live line says too little. */
const narrowest = 40;

function isLive({ quiet, debug }: OutputFlags, { stdout, env }: CliContext): boolean {
  const canMove = stdout.isTTY && env.TERM !== "dumb" && (env.CI === undefined || env.CI === "");
  return canMove && stdout.columns >= narrowest && !quiet && !debug;
}
