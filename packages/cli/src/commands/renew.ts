import { type CertificateResult, type RenewOptions, renew } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import { checkUp } from "../check-up.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { chooseDue } from "../config/chosen-specs.ts";
import { openConfig } from "../config/open-config.ts";
import { warnOfUnkept } from "../config/unkept.ts";
import type { renewFlags } from "../declarations/renew.ts";
import { plannedTable, renewalResult } from "../renewal-result.ts";
import { explain } from "../reporter/explain.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state/open-state.ts";

/**
 * Every certificate of the configuration, or else of the store, or those named: what is due is done.
 *
 * @param foresee with --dry-run: look at the deploy targets, too
 */
export async function run(
  invocation: Invocation<typeof renewFlags>,
  foresee = invocation.args.length > 0,
): Promise<CommandResult> {
  const { args, flags, context, emit } = invocation;
  const { force, dryRun } = flags;
  const config = await openConfig(invocation);
  const store = await openState(invocation, config);
  const { specs, broken, resting } = await chooseDue(config, args, store, { force, now: context.now() });
  if (specs.length + broken.length + resting.length === 0) return nothingYet(config);
  const unreadable = broken.map(({ name, error }): CertificateResult => {
    const { code, message, hint } = explain(error);
    emit({ type: "certificate.failed", certificate: name, code, message, ...(hint === undefined ? {} : { hint }) });
    return { certificate: name, outcome: "failed", error };
  });
  const whole = args.length === 0 ? config : undefined;
  if (whole !== undefined) await warnOfUnkept(specs, store, emit);
  const engine = await openRun(invocation, { store, dns: resolversOf(specs), acceptTerms: flags.acceptTos, config });
  const parallel = config?.settings.parallel;
  const { fit, failed } = flags.doctor ? await checkUp(specs, engine) : { fit: specs, failed: [] };
  const meanwhile = await newNodesOf(whole, dryRun, store, invocation);
  const options = { force, dryRun, foresee, resting, configured: whole !== undefined, ...meanwhile };
  const results = await renew(fit, { ...options, ...(parallel === undefined ? {} : { parallel }) }, engine);
  const all = [...unreadable, ...failed, ...results];
  // Those that rest were told first; in a plan of everything stored each stands where `certwright list` has it.
  if (resting.length > 0) all.sort((a, b) => (a.certificate < b.certificate ? -1 : 1));
  if (config !== undefined && !dryRun) await tellOf(all, config, store, invocation);
  return dryRun ? renewalResult(all, flags, plannedTable(all)) : renewalResult(all, flags);
}

/** Nodes that are new to fleets get what there is while certificates are looked at; a dry run only says so. */
async function newNodesOf(
  config: Config | undefined,
  dryRun: boolean,
  store: Store,
  invocation: Invocation,
): Promise<Pick<RenewOptions, "meanwhile">> {
  if (config === undefined || Object.keys(config.settings.fleets).length === 0) return {};
  const { careForNewNodes, tellOfNewNodes } = await import("../fleet/new-nodes.ts");
  if (!dryRun) return { meanwhile: async () => (await careForNewNodes(config, store, invocation)).waiting };
  await tellOfNewNodes(config, store, invocation);
  return {};
}

/** Tells who asked to be told, as the service does. */
async function tellOf(
  results: readonly CertificateResult[],
  config: Config,
  store: Store,
  invocation: Invocation,
): Promise<void> {
  const { openNotifier } = await import("../notify/open-notifier.ts");
  const notifier = openNotifier(() => config, store, invocation, invocation.context.stopper.signal);
  for (const result of results) notifier.add(result);
  await notifier.settled();
}

function nothingYet(config: Config | undefined): CommandResult {
  const line =
    config === undefined
      ? "no certificates yet; see: certwright issue --help"
      : `no certificates in ${config.file}; add some under certificates`;
  return { ...renewalResult([], { detailedExitcode: false }), lines: [line] };
}

/** Look-ups of a run share one resolver: the first certificate's that has one of its own. */
function resolversOf(specs: readonly { readonly dns: { readonly resolvers?: readonly string[] } }[]) {
  const resolvers = specs.find(({ dns }) => dns.resolvers !== undefined)?.dns.resolvers;
  return resolvers === undefined ? {} : { resolvers };
}
