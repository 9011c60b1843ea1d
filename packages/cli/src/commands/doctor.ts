import { type CertificateSpec, examine, type Finding } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import { findingLines } from "../check-up.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { chooseSpecs } from "../config/chosen-specs.ts";
import { openConfig } from "../config/open-config.ts";
import type { doctorFlags } from "../declarations/doctor.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { specOf } from "../issue-spec.ts";
import { openRun } from "../run-setup.ts";
import { openState } from "../state/open-state.ts";

/** Everything that would keep certificates from being issued. */
export async function run(invocation: Invocation<typeof doctorFlags>): Promise<CommandResult> {
  const { flags } = invocation;
  const config = flags.domain.length > 0 ? undefined : await openConfig(invocation);
  const store = await openState(invocation, config);
  const specs = await specsFor(invocation, config, store);
  const resolvers = specs.find(({ dns }) => dns.resolvers !== undefined)?.dns.resolvers;
  const engine = await openRun(invocation, {
    store,
    dns: resolvers === undefined ? {} : { resolvers },
    acceptTerms: flags.acceptTos,
    config,
  });
  try {
    const reports: { readonly certificate: string; readonly findings: readonly Finding[] }[] = [];
    for (const spec of specs) {
      const options = { write: flags.write, state: reports.length === 0 };
      reports.push({ certificate: spec.name, findings: await examine(spec, options, engine) });
    }
    const isFit = reports.every(({ findings }) => findings.every(({ severity }) => severity !== "error"));
    return {
      exitCode: isFit ? exitCodes.done : exitCodes.failed,
      result: { certificates: reports },
      lines: reports.flatMap(({ certificate, findings }) =>
        findings.length === 0
          ? [`${certificate}: nothing found`]
          : [`${certificate}:`, ...findings.flatMap(findingLines).map((line) => `  ${line}`)],
      ),
    };
  } finally {
    await engine.journal.close();
  }
}

/** Names of the command line as they would be issued; else certificates of the configuration or the store. */
async function specsFor(
  invocation: Invocation<typeof doctorFlags>,
  config: Config | undefined,
  store: Store,
): Promise<readonly CertificateSpec[]> {
  const { args, flags, context, given } = invocation;
  if (flags.domain.length > 0) {
    if (args.length > 0)
      throw usageError("both -d and certificates are given", "Give -d for new names, or names of the store.");
    const unused = { name: undefined, csr: undefined, keyType: undefined, reuseKey: false, preferredChain: undefined };
    const rest = { deploy: [], force: false, dryRun: false, doctor: false };
    return [specOf({ ...flags, ...unused, ...rest }, context, [], given)];
  }
  const { specs, broken } = await chooseSpecs(config, args, store);
  const [unreadable] = broken;
  if (unreadable !== undefined && specs.length === 0) throw unreadable.error;
  if (specs.length === 0)
    throw usageError("no certificates to look at", "Name domains: certwright doctor -d example.com --dns <provider>");
  return specs;
}
