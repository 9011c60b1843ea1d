import { mapLimited } from "@certwright/provider";
import { type CertificateSpec, usualParallel } from "../spec.ts";
import { isLive } from "./deploy.ts";
import { createCaPool } from "./obtain.ts";
import type { Run } from "./parts.ts";
import type { WaitingTarget } from "./plan.ts";
import { type CertificateResult, type RenewOptions, renewCertificate, skipped } from "./renew-certificate.ts";
import { type Rest, type RestingCertificate, restingNow } from "./rest.ts";
import { sweep } from "./sweep.ts";

/**
 * The story of a run: sweep what dead runs left, then each certificate on its own: look, plan, do. One that fails keeps
 * none of the others waiting, and every one is reported.
 */
export async function renew(
  specs: readonly CertificateSpec[],
  options: RenewOptions,
  run: Run,
): Promise<readonly CertificateResult[]> {
  const { world } = run;
  const { parallel = usualParallel, resting = [] } = options;
  const names = [...resting.map(({ certificate }) => certificate), ...specs.map(({ name }) => name)];
  world.emit({ type: "run.started", certificates: names });
  const pool = createCaPool(run);
  try {
    const swept = options.dryRun ? undefined : await sweep(specs, run);
    // Without a lease and without reading it all.
    const rests = options.force ? new Map<string, Rest>() : await restingNow(specs, run);
    const renewOne = async (spec: CertificateSpec): Promise<CertificateResult> => {
      const rest = rests.get(spec.name);
      if (rest !== undefined) return leave({ certificate: spec.name, rest }, options, run);
      return await renewCertificate(spec, options, pool, run);
    };
    const meanwhile = options.meanwhile?.() ?? Promise.resolve(new Map());
    meanwhile.catch(() => {});
    // After an abort what is under way still undoes what it has presented, and is waited for.
    const done = await mapLimited(specs, renewOne, { limit: parallel }).finally(() => meanwhile.catch(() => {}));
    const late = await meanwhile;
    const results = [...resting.map((each) => leave(each, options, run)), ...done].map((each) => withLate(each, late));
    // A run that seemed alive when this one began may have been killed just before.
    if (swept !== undefined && swept.living > 0) await sweep(specs, run, { whileUnsure: true });
    world.emit({ type: "run.finished", ...tally(results) });
    return results;
  } finally {
    await pool.close();
    await run.hooks?.finish();
    await run.journal.close();
  }
}

/** What is told of a certificate that needs nothing. */
function leave({ certificate, rest }: RestingCertificate, { dryRun }: RenewOptions, run: Run): CertificateResult {
  return dryRun ? { certificate, outcome: "planned", action: rest } : skipped(certificate, rest, run);
}

/** The same, with where it is not live besides. */
function withLate(result: CertificateResult, late: ReadonlyMap<string, readonly WaitingTarget[]>): CertificateResult {
  if (result.outcome === "planned" || result.outcome === "failed") return result;
  const { waiting = [] } = result;
  const told = new Set([...waiting, ...("targets" in result ? result.targets : [])].map(({ target }) => target));
  const more = (late.get(result.certificate) ?? []).filter(({ target }) => !told.has(target));
  return more.length === 0 ? result : { ...result, waiting: [...waiting, ...more] };
}

function tally(results: readonly CertificateResult[]): {
  issued: number;
  deployed: number;
  skipped: number;
  failed: number;
  notDeployed: number;
} {
  const count = (outcome: CertificateResult["outcome"]): number =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    issued: count("issued"),
    deployed: count("deployed"),
    skipped: count("skipped"),
    failed: count("failed"),
    notDeployed: results.filter(
      (result) =>
        ("targets" in result && result.targets.some((target) => !isLive(target))) ||
        ("waiting" in result && result.waiting !== undefined),
    ).length,
  };
}
