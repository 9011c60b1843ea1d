import { asError } from "@certwright/provider/errors";
import type { CertificateSpec } from "../spec.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { readCertificate, type StoredCertificate } from "../store/certificates.ts";
import { toldOf } from "../told-of.ts";
import { refuseEarlierClock } from "./clock.ts";
import { deployCertificate, forgetOtherTargets, type TargetResult } from "./deploy.ts";
import { factsOf } from "./facts.ts";
import { type ForeseenTarget, foresee } from "./foresee.ts";
import { type CaPool, obtain } from "./obtain.ts";
import type { Pace } from "./pace.ts";
import type { Run } from "./parts.ts";
import { type Action, planCertificate, type StoredFacts, type WaitingTarget } from "./plan.ts";
import { refreshRenewalInfo } from "./renewal-info.ts";
import type { Rest, RestingCertificate } from "./rest.ts";
import { mendMade, readUndamaged } from "./undamaged.ts";
import { workAlone } from "./work-alone.ts";

/** What a run shall do. */
export interface RenewOptions {
  /** Issue whether due or not. */
  readonly force: boolean;
  /** A person asked for just this: do not wait out the pause after an earlier failure. Default false. */
  readonly insist?: boolean;
  /** Whatever the specification says of keeping the key: certify another, for this one is known to others. Default false. */
  readonly newKey?: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** With `dryRun`: look whether the names could be proved, and at the deploy targets, too. Default false. */
  readonly foresee?: boolean;
  /** The specifications are those of a configuration, which names every target: others are forgotten. Default false. */
  readonly configured?: boolean;
  /** Certificates worked on at a time. Default `usualParallel`. */
  readonly parallel?: number;
  /** Puts off what can wait. Left out: all that is due is done now. */
  readonly pace?: Pace;
  /** Certificates looked at already that need nothing: they are told of with the others. */
  readonly resting?: readonly RestingCertificate[];
  /**
   * What is done for targets while certificates are looked at: a run waits for it in the end. Tells by certificate where it
   * is not live. Throws only at an abort.
   */
  readonly meanwhile?: () => Promise<ReadonlyMap<string, readonly WaitingTarget[]>>;
}

/** What came of one certificate. */
export type CertificateResult = { readonly certificate: string } & (
  | {
      readonly outcome: "planned";
      readonly action: Action | Rest;
      /** Where it would be deployed, if that was looked at. */
      readonly foreseen?: readonly ForeseenTarget[];
    }
  | {
      readonly outcome: "skipped";
      readonly reason: string;
      readonly next: Date;
      /** Where it is not live, and not tried before its time. */
      readonly waiting?: readonly WaitingTarget[];
    }
  | {
      readonly outcome: "issued" | "deployed";
      /** Why it was due. */
      readonly reason: string;
      readonly notAfter: Date;
      readonly targets: readonly TargetResult[];
      readonly waiting?: readonly WaitingTarget[];
    }
  | { readonly outcome: "failed"; readonly error: Error }
);

/** Looks at one certificate, plans, and does what is due. A failure is a result, not an exception; only an abort throws. */
export async function renewCertificate(
  spec: CertificateSpec,
  options: RenewOptions,
  pool: CaPool,
  run: Run,
): Promise<CertificateResult> {
  const { world } = run;
  const certificate = spec.name;
  try {
    const planned = await look(spec, options, pool, run);
    if (options.dryRun) {
      const { action } = planned;
      const foreseen = options.foresee === true ? await foresee(action, run) : [];
      return { certificate, outcome: "planned", action, ...(foreseen.length === 0 ? {} : { foreseen }) };
    }
    const turn = options.pace?.turn(planned.action, planned.stored, world.now());
    if (turn !== undefined) {
      const reason = `due (${planned.action.reason}), but others go first`;
      return skipped(certificate, { reason, next: new Date(turn) }, run);
    }
    // A new certificate is stored without them anyway.
    if (options.configured === true && planned.action.do !== "issue") await forgetOtherTargets(spec, run);
    // To find that there is nothing to do needs nobody's leave.
    if (planned.action.do === "nothing") return await execute(planned.action, options, pool, run);
    return await workAlone(certificate, run, async (alone) => {
      // Planned anew: the run we waited for may have done it all. The CA was asked, and damage told, a moment ago.
      const { action } = await planNow(spec, options, alone);
      return await execute(action, options, pool, alone);
    });
  } catch (cause) {
    world.signal.throwIfAborted();
    const error = asError(cause);
    world.emit({ type: "certificate.failed", certificate, ...toldOf(error) });
    return { certificate, outcome: "failed", error };
  }
}

interface Planned {
  readonly action: Action;
  readonly stored: StoredFacts | undefined;
}

/** Tells what is wrong with what is stored, asks the CA where it is time to, and plans. */
async function look(spec: CertificateSpec, options: RenewOptions, pool: CaPool, run: Run): Promise<Planned> {
  const tell = ({ message }: Error): void =>
    run.world.emit({ type: "warning", code: "CERTIFICATE_DAMAGED", certificate: spec.name, message });
  const ask = async (stored: StoredCertificate): Promise<StoredCertificate> => {
    await mendMade(stored, options.dryRun, run);
    const ca = spec.cas.find(({ directoryUrl }) => directoryUrl === stored.meta.directoryUrl);
    if (ca === undefined || options.force) return stored;
    return await refreshRenewalInfo(stored, () => (options.dryRun ? pool.existing(ca) : pool.client(ca)), run);
  };
  return await planNow(spec, options, run, tell, ask);
}

async function planNow(
  spec: CertificateSpec,
  { force }: RenewOptions,
  { store, world }: Run,
  tell: (damage: Error) => void = () => {},
  ask = async (stored: StoredCertificate): Promise<StoredCertificate> => stored,
): Promise<Planned> {
  let isDamaged = false;
  const stored = await readUndamaged(store, spec.name, (damage) => {
    isDamaged = true;
    tell(damage);
  });
  if (isDamaged) {
    const reason = "what is stored of it is damaged";
    return { action: { do: "issue", spec, reason, replaces: undefined }, stored: undefined };
  }
  if (stored !== undefined) refuseEarlierClock(stored.meta.notBefore, world.now());
  const facts = stored === undefined ? undefined : factsOf(await ask(stored), spec.deploy, store);
  return { action: planCertificate(spec, facts, { now: new Date(world.now()), force }), stored: facts };
}

/** Tells of a certificate for which nothing is done now. */
export function skipped(
  certificate: string,
  { reason, next, waiting = [] }: Omit<Rest, "do">,
  { world }: Run,
): CertificateResult {
  world.emit({ type: "certificate.skipped", certificate, reason, next: next.toISOString() });
  tellWaiting(certificate, waiting, world);
  return { certificate, outcome: "skipped", reason, next, ...lateAt(waiting) };
}

function lateAt(waiting: readonly WaitingTarget[]): { readonly waiting?: readonly WaitingTarget[] } {
  return waiting.length === 0 ? {} : { waiting };
}

function tellWaiting(certificate: string, waiting: readonly WaitingTarget[], world: Run["world"]): void {
  for (const { target, next, lastError } of waiting) {
    const why = lastError === undefined ? "" : ` (${lastError.code}: ${lastError.message})`;
    world.emit({
      type: "warning",
      code: "DEPLOY_WAITING",
      certificate,
      message: `not live at ${target}; tried again at ${next.toISOString()}${why}`,
      hint: `certwright deploy ${certificate} tries it now.`,
    });
  }
}

async function execute(action: Action, options: RenewOptions, pool: CaPool, run: Run): Promise<CertificateResult> {
  const { spec } = action;
  const certificate = spec.name;
  if (action.do === "nothing") return skipped(certificate, action, run);
  const [ca] = spec.cas;
  run.world.emit({
    type: "certificate.started",
    certificate,
    identifiers: spec.identifiers.map(({ value }) => value),
    ca: ca?.directoryUrl ?? "",
    reason: action.reason,
  });
  const { reason } = action;
  if (action.do === "issue") {
    // A target nobody can make sense of is told before an order is spent, not after.
    await Promise.all(spec.deploy.map((target) => run.parts.target(target)));
    const meta = await obtainWithHooks(action, options, pool, run);
    const targets = spec.deploy.length === 0 ? [] : await deployCertificate(certificate, spec.deploy, run);
    return { certificate, outcome: "issued", reason, notAfter: new Date(meta.notAfter), targets };
  }
  const { waiting = [] } = action;
  const targets = await deployCertificate(certificate, action.targets, run);
  tellWaiting(certificate, waiting, run.world);
  const stored = await readCertificate(run.store, certificate);
  const notAfter = new Date(stored?.meta.notAfter ?? 0);
  return { certificate, outcome: "deployed", reason, notAfter, targets, ...lateAt(waiting) };
}

async function obtainWithHooks(
  action: Extract<Action, { do: "issue" }>,
  options: RenewOptions,
  pool: CaPool,
  run: Run,
): Promise<CertificateMeta> {
  const { spec, reason } = action;
  let begun: Promise<void> | undefined;
  const begin = async (): Promise<void> => {
    begun ??= run.hooks?.before(spec, reason) ?? Promise.resolve();
    await begun;
  };
  try {
    const meta = await obtain(action, options, pool, run, begin);
    const { generation, fingerprint256 } = meta;
    const notAfter = new Date(meta.notAfter).toISOString();
    await run.hooks?.after(spec, { ok: true, issued: { generation, notAfter, fingerprint256 } });
    return meta;
  } catch (cause) {
    const error = asError(cause);
    // Where the ledger refused, nothing was begun that hooks would have to know of.
    if (begun !== undefined) await run.hooks?.after(spec, { ok: false, error });
    throw error;
  }
}
