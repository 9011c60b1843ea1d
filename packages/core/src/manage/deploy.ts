import { asError, CertwrightError } from "@certwright/provider";
import { allDone } from "../issue/settle.ts";
import type { CertificateSpec } from "../spec.ts";
import type { TargetState } from "../store/certificate-meta.ts";
import { readCertificate, type StoredCertificate, updateCertificateMeta } from "../store/certificates.ts";
import type { Store } from "../store/store.ts";
import { isOnlyOurs, machineOf } from "../store/target-machine.ts";
import { toldOf } from "../told-of.ts";
import type { Run } from "./parts.ts";
import type { DeployableCertificate, DeployOutcome } from "./target.ts";

/**
 * Targets of other machines that are remembered, the latest: jobs and containers are another machine each time. One that is
 * forgotten and lives deploys once more, which changes nothing.
 */
const mostOthers = 64;

/** What came of one target. */
export type TargetResult = { readonly target: string } & (
  | ({ readonly ok: true } & DeployOutcome)
  | { readonly ok: false; readonly error: Error }
);

/**
 * Brings the stored certificate to targets, all at once, and remembers for each how far it got. A target that fails keeps
 * none of the others waiting; it has its own schedule and needs no new order.
 *
 * @param own those that renewals go to; of others nothing is remembered, since nothing would ever bring it up to date
 * @throws only where the certificate cannot be read, or the run is aborted
 */
export async function deployCertificate(
  name: string,
  targets: readonly string[],
  run: Run,
  own: readonly string[] = targets,
): Promise<readonly TargetResult[]> {
  const stored = await readCertificate(run.store, name);
  if (stored === undefined)
    throw new CertwrightError("CERTIFICATE_NOT_FOUND", `there is no certificate ${name}`, {
      hint: "`certwright list` shows what there is.",
    });
  const certificate = deployable(stored);
  const results = await allDone(targets.map((target) => deployTo(target, certificate, run)));
  const now = run.world.now();
  const kept = results.filter(({ target }) => own.includes(target));
  await updateCertificateMeta(run.store, name, (meta) =>
    // What another run stored meanwhile is still to be deployed.
    meta.generation === certificate.generation
      ? { ...meta, targets: statesAfter(kept, meta.targets, run.store, certificate.fingerprint256, now) }
      : meta,
  );
  return results;
}

function statesAfter(
  results: readonly TargetResult[],
  before: readonly TargetState[],
  store: Store,
  fingerprint256: string,
  now: number,
): readonly TargetState[] {
  const after = results.reduce((states, result) => {
    const { target } = result;
    const machine = machineOf(target, store);
    // One without a machine is from before the state was shared.
    const isSame = (state: TargetState) => state.target === target && (state.machine ?? machine) === machine;
    const next = nextTargetState(states.findLast(isSame), result, fingerprint256, now);
    const own = machine === undefined ? next : { ...next, machine };
    return [...states.filter((state) => !isSame(state)), own];
  }, before);
  const others = after.filter(({ machine }) => machine !== undefined && machine !== store.machine);
  const forgotten = new Set(others.slice(0, -mostOthers));
  return after.filter((state) => !forgotten.has(state));
}

/** Forgets what is remembered of targets a certificate goes to no more. That this fails is told, and keeps nothing up. */
export async function forgetOtherTargets({ name, deploy }: CertificateSpec, { store, world }: Run): Promise<void> {
  try {
    await updateCertificateMeta(store, name, (meta) => {
      const targets = meta.targets.filter((state) => deploy.includes(state.target) || !isOnlyOurs(state, store));
      return targets.length === meta.targets.length ? meta : { ...meta, targets };
    });
  } catch (cause) {
    world.signal.throwIfAborted();
    world.emit({ type: "warning", certificate: name, ...toldOf(cause) });
  }
}

/** Whether clients of this target get the certificate now: taken, and not waiting for a reload. */
export function isLive(result: TargetResult): boolean {
  return result.ok && result.reloadNeeded === undefined;
}

/** Targets that do not serve the current certificate as far as is known, or of which some part does not. */
export function undeployed(states: readonly TargetState[]): readonly TargetState[] {
  return states.filter(({ wanted, accepted, nextTry }) => accepted?.fingerprint256 !== wanted || nextTry !== undefined);
}

async function deployTo(id: string, certificate: DeployableCertificate, { parts, world }: Run): Promise<TargetResult> {
  const about = { certificate: certificate.name, target: id };
  world.emit({ type: "deploy.started", ...about });
  try {
    const target = await parts.target(id);
    const outcome = await target.deploy(certificate, {
      now: world.now,
      signal: world.signal,
      step: (step, detail) =>
        world.emit({ type: "deploy.step", ...about, step, ...(detail === undefined ? {} : { detail }) }),
    });
    const { action, detail, reloadNeeded } = outcome;
    world.emit({ type: "deploy.finished", ...about, action, ...(detail === undefined ? {} : { detail }) });
    for (const message of outcome.warnings ?? [])
      world.emit({ type: "warning", code: "DEPLOY_WARNING", message, certificate: certificate.name });
    if (reloadNeeded !== undefined) {
      world.emit({
        type: "warning",
        code: "DEPLOY_RELOAD_NEEDED",
        certificate: certificate.name,
        message: `${id} serves it only after a reload: ${reloadNeeded}`,
      });
    }
    return { target: id, ok: true, ...outcome };
  } catch (cause) {
    world.signal.throwIfAborted();
    const error = asError(cause);
    world.emit({ type: "deploy.failed", ...about, ...toldOf(error) });
    return { target: id, ok: false, error };
  }
}

/**
 * A stored certificate as targets receive it.
 *
 * @throws CertwrightError `CERTIFICATE_NO_KEY`
 */
export function deployable({ meta, leafPem, chainPem, keyPem }: StoredCertificate): DeployableCertificate {
  if (keyPem === undefined) {
    throw new CertwrightError("CERTIFICATE_NO_KEY", `the key of ${meta.name} is not stored here (it came from a CSR)`, {
      hint: "Deploy it where the key is, or issue without --csr.",
    });
  }
  const { name, identifiers, generation, fingerprint256 } = meta;
  return {
    name,
    identifiers,
    generation,
    leafPem,
    chainPem,
    keyPem,
    fingerprint256,
    notAfter: new Date(meta.notAfter),
  };
}

/** What is known of a target after an attempt to bring the certificate of this fingerprint there. */
export function nextTargetState(
  before: TargetState | undefined,
  result: TargetResult,
  fingerprint256: string,
  now: number,
): TargetState {
  const { target } = result;
  const seen = { fingerprint256, at: now };
  const kept = {
    ...(before?.accepted === undefined ? {} : { accepted: before.accepted }),
    ...(before?.served === undefined ? {} : { served: before.served }),
  };
  if (!result.ok) {
    const failures = (before?.failures ?? 0) + 1;
    const { code, message } = toldOf(result.error);
    return {
      target,
      wanted: seen.fingerprint256,
      ...kept,
      failures,
      nextTry: now + pauseAfter(failures),
      lastError: { code, message, at: now },
    };
  }
  return {
    target,
    wanted: seen.fingerprint256,
    ...kept,
    accepted: seen,
    ...(result.served ? { served: seen } : {}),
    failures: 0,
    ...(result.retryAt === undefined ? {} : { nextTry: result.retryAt }),
  };
}

/** One minute, doubling to an hour: a node that is down shall get its certificate soon after it is back. */
function pauseAfter(failures: number): number {
  return 60_000 * Math.min(2 ** Math.min(failures - 1, 10), 60);
}
