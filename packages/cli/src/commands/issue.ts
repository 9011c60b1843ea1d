import { readCsr, renew } from "@certwright/core";
import { checkBinding } from "../ca-spec.ts";
import { checkUp } from "../check-up.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { issueFlags } from "../declarations/issue.ts";
import { readSmallFile } from "../files.ts";
import { specOf } from "../issue-spec.ts";
import { renewalResult } from "../renewal-result.ts";
import { openRun } from "../run-setup.ts";
import { openOnlyState } from "../state/open-state.ts";

/** One certificate: planned, obtained when due, deployed. */
export async function run(invocation: Invocation<typeof issueFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const fromCsr = flags.csr === undefined ? [] : (await readCsr(await readSmallFile(flags.csr))).identifiers;
  const spec = specOf(flags, context, fromCsr, invocation.given);
  const store = await openOnlyState(invocation);
  await checkBinding(spec.cas, store, flags.fetchEab);
  const engine = await openRun(invocation, {
    store,
    dns: spec.dns,
    acceptTerms: flags.acceptTos,
    fetchEab: flags.fetchEab,
  });
  const { fit, failed } = flags.doctor ? await checkUp([spec], engine) : { fit: [spec], failed: [] };
  const results = await renew(fit, { force: flags.force, insist: true, dryRun: flags.dryRun, foresee: true }, engine);
  return renewalResult([...failed, ...results], flags);
}
