import { type CertificateResult, renew } from "@certwright/core";
import { checkUp } from "../check-up.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { renewFlags } from "../declarations/renew.ts";
import { renewalResult } from "../renewal-result.ts";
import { explain } from "../reporter/explain.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state.ts";
import { chooseCertificates, storedSpecs } from "../stored-certificates.ts";

/** Every certificate of the store, or those named: what is due is done. */
export async function run(invocation: Invocation<typeof renewFlags>): Promise<CommandResult> {
  const { args, flags, context, global, emit } = invocation;
  const store = openState(global, context, emit);
  const chosen = await chooseCertificates(store, args);
  if (chosen.length === 0) {
    return { exitCode: 0, result: { certificates: [] }, lines: ["no certificates yet; see: certwright issue --help"] };
  }
  const { specs, broken } = await storedSpecs(store, chosen);
  const unreadable = broken.map(({ name, error }): CertificateResult => {
    const { code, message, hint } = explain(error);
    emit({ type: "certificate.failed", certificate: name, code, message, ...(hint === undefined ? {} : { hint }) });
    return { certificate: name, outcome: "failed", error };
  });
  const engine = await openRun(invocation, { dns: resolversOf(specs), acceptTerms: flags.acceptTos });
  const { fit, failed } = flags.doctor ? await checkUp(specs, engine) : { fit: specs, failed: [] };
  const results = await renew(fit, { force: flags.force, dryRun: flags.dryRun }, engine);
  return renewalResult([...unreadable, ...failed, ...results]);
}

/** Look-ups of a run share one resolver: the first certificate's that has one of its own. */
function resolversOf(specs: readonly { readonly dns: { readonly resolvers?: readonly string[] } }[]) {
  const resolvers = specs.find(({ dns }) => dns.resolvers !== undefined)?.dns.resolvers;
  return resolvers === undefined ? {} : { resolvers };
}
