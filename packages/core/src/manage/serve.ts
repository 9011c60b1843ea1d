import { type Turnstile, turnstile } from "@certwright/provider";
import type { CertificateSpec } from "../spec.ts";
import { readCertificateMeta } from "../store/certificates.ts";
import { certificateFolders, eachCertificate } from "../store/list-certificates.ts";
import { safeName } from "../store/names.ts";
import { statesHere } from "../store/target-machine.ts";
import { toldOf } from "../told-of.ts";
import { nextTry } from "./budget.ts";
import { LimitError } from "./limit-error.ts";
import { NoCaError } from "./no-ca-error.ts";
import { type CaPool, createCaPool } from "./obtain.ts";
import { createPace, type Pace } from "./pace.ts";
import type { Run } from "./parts.ts";
import { createQueue, type Queue } from "./queue.ts";
import { type CertificateResult, renewCertificate } from "./renew-certificate.ts";
import { sweep, undoLeft } from "./sweep.ts";

/** How the service works. */
export interface ServeOptions {
  /** Certificates worked on at a time. */
  readonly parallel: number;
  /** Longest milliseconds between two looks at one certificate: the CA may change its mind about when to renew. */
  readonly interval: number;
  /** The certificates to keep, read anew whenever `changed` fulfils; where that fails the ones before stay. */
  readonly load: () => Promise<readonly CertificateSpec[]>;
  /** Fulfils when the configuration may have changed; a new promise each time. */
  readonly changed: (signal: AbortSignal) => Promise<void>;
  /** Told of the outcome of each look, and when the next one is. */
  readonly onLook: (result: CertificateResult, next: Date) => void;
  /** Told when the configuration cannot be read; the one before stays in force. */
  readonly onBadConfig: (error: unknown) => void;
}

/**
 * Keeps certificates until the run's signal aborts. Each has its own schedule, so that one that fails or hangs delays no
 * other, not even while the configuration is read anew; a few are worked on at a time, and renewals that can wait are
 * spread.
 */
export async function serve(
  options: ServeOptions,
  run: Run,
  pool: CaPool = createCaPool(run, { isLasting: true }),
): Promise<void> {
  const { world } = run;
  const keeping: Keeping = {
    options,
    inTurn: turnstile(options.parallel),
    pace: createPace(),
    queue: createQueue(),
    pool,
    run,
  };
  const keepers = new Map<string, Keeper>();
  try {
    let specs = await options.load();
    await sweep(specs, run, { whileUnsure: true });
    while (!world.signal.aborted) {
      adjust(keepers, specs, keeping);
      await options.changed(world.signal).catch(() => undefined);
      if (!world.signal.aborted) specs = await reload(specs, options);
    }
    await Promise.allSettled([...keepers.values()].map(({ done }) => done));
  } finally {
    await pool.close();
    await run.hooks?.finish();
    await run.journal.close();
  }
}

/** What all keepers share. */
interface Keeping {
  readonly options: ServeOptions;
  readonly inTurn: Turnstile;
  readonly pace: Pace;
  readonly queue: Queue;
  readonly pool: CaPool;
  readonly run: Run;
}

/** The loop that keeps one certificate. */
interface Keeper {
  readonly wanted: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Starts what is new, stops what is gone, and restarts what changed; all others go on as they are. */
function adjust(keepers: Map<string, Keeper>, specs: readonly CertificateSpec[], keeping: Keeping): void {
  const { signal } = keeping.run.world;
  const wanted = new Map(specs.map((spec) => [spec.name, JSON.stringify(spec)]));
  for (const [name, keeper] of keepers) {
    if (wanted.get(name) !== keeper.wanted) keeper.stop.abort();
  }
  for (const spec of specs) {
    const before = keepers.get(spec.name);
    if (before !== undefined && !before.stop.signal.aborted) continue;
    const stop = new AbortController();
    // What is under way is finished as it was begun; only the waiting ended.
    const ended = before?.done.catch(() => undefined) ?? Promise.resolve();
    const done = ended.then(() => keep(spec, keeping, AbortSignal.any([signal, stop.signal])));
    const keeper: Keeper = { wanted: wanted.get(spec.name) ?? "", stop, done };
    keepers.set(spec.name, keeper);
    const forget = (): void => {
      if (keepers.get(spec.name) === keeper) keepers.delete(spec.name);
    };
    done.then(forget, forget);
  }
}

async function reload(before: readonly CertificateSpec[], options: ServeOptions): Promise<readonly CertificateSpec[]> {
  try {
    return await options.load();
  } catch (error) {
    options.onBadConfig(error);
    return before;
  }
}

/** Looks at one certificate again and again, until told to stop. */
async function keep(spec: CertificateSpec, keeping: Keeping, stop: AbortSignal): Promise<void> {
  const { pace, queue, run } = keeping;
  try {
    while (!stop.aborted) await run.world.sleep(await look(spec, keeping, stop), stop);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    pace.forget(spec.name);
    queue.leave(spec.name);
  }
}

/** Looks once, and says in how many milliseconds to look again. Throws only where told to stop: no fault may end a schedule. */
async function look(spec: CertificateSpec, keeping: Keeping, stop: AbortSignal): Promise<number> {
  const { options, inTurn, pace, pool, run } = keeping;
  try {
    const wishes = { force: false, dryRun: false, configured: true, pace };
    const result = await inTurn(async () => {
      await undoLeft(spec, run);
      return await renewCertificate(spec, wishes, pool, run);
    }, stop);
    const now = run.world.now();
    // State that cannot be read may be mended while we wait.
    const due = await nextLook(spec, result, keeping).catch(() => now + unreadableWait);
    // Spread a little, so that what was issued together is not renewed together for ever.
    const next = Math.min(Math.max(due, now + 1_000), now + options.interval * (0.9 + 0.1 * run.world.random()));
    options.onLook(result, new Date(next));
    return next - now;
  } catch (error) {
    stop.throwIfAborted();
    run.world.emit({ type: "certificate.failed", certificate: spec.name, ...toldOf(error) });
    return unreadableWait;
  }
}

/** Milliseconds until a certificate is looked at again whose state cannot be read. */
const unreadableWait = 60_000;

/** Milliseconds since 1970 of the next moment something can be due. */
async function nextLook(
  spec: CertificateSpec,
  result: CertificateResult,
  { queue, run }: Pick<Keeping, "queue" | "run">,
): Promise<number> {
  if (result.outcome === "skipped") return result.next.getTime();
  const error = result.outcome === "failed" ? result.error : undefined;
  const isDenied = error instanceof LimitError || error instanceof NoCaError;
  if (isDenied && error.refusal !== undefined) return queue.wait(spec.name, error.refusal);
  queue.leave(spec.name);
  if (error instanceof NoCaError) return error.at;
  if (error !== undefined) return await nextTry(spec.name, spec.cas[0], run);
  const meta = await readCertificateMeta(run.store, spec.name);
  const tries = statesHere(meta?.targets ?? [], run.store).flatMap(({ nextTry: at }) => at ?? []);
  return Math.min(Number.POSITIVE_INFINITY, ...tries);
}

/** Certificates stored but no longer configured: kept as they are, and told, so that nobody thinks they renew. */
export async function unkept(specs: readonly CertificateSpec[], run: Pick<Run, "store">): Promise<readonly string[]> {
  const wanted = new Set(specs.map(({ name }) => safeName(name)));
  const others = (await certificateFolders(run.store)).filter((folder) => !wanted.has(folder));
  const names: string[] = [];
  for await (const listed of eachCertificate(run.store, others)) if ("meta" in listed) names.push(listed.name);
  return names;
}
