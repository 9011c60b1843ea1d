import type { CertificateSpec } from "../spec.ts";
import { readCertificateMeta } from "../store/certificates.ts";
import { openLedger } from "../store/ledger-file.ts";
import { listCertificates } from "../store/list-certificates.ts";
import { type CaPool, createCaPool } from "./obtain.ts";
import type { Run } from "./parts.ts";
import { type CertificateResult, renewCertificate } from "./renew-certificate.ts";
import { sweep } from "./sweep.ts";

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
 * other; a few are worked on at a time.
 */
export async function serve(options: ServeOptions, run: Run): Promise<void> {
  const { world } = run;
  const pool = createCaPool(run);
  const slots = createSlots(options.parallel);
  try {
    let specs = await options.load();
    await sweep(specs, run);
    while (!world.signal.aborted) {
      const round = new AbortController();
      const stop = AbortSignal.any([world.signal, round.signal]);
      const keeping = specs.map((spec) => keep(spec, options, slots, pool, run, stop));
      await options.changed(world.signal).catch(() => undefined);
      // What is under way is finished under the old configuration; only the waiting ends.
      round.abort();
      await Promise.allSettled(keeping);
      if (!world.signal.aborted) specs = await reload(specs, options);
    }
  } finally {
    await pool.close();
    await run.hooks?.finish();
    await run.journal.close();
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
async function keep(
  spec: CertificateSpec,
  options: ServeOptions,
  slots: Slots,
  pool: CaPool,
  run: Run,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const result = await slots.use(stop, () => renewCertificate(spec, { force: false, dryRun: false }, pool, run));
    const now = run.world.now();
    const due = await nextLook(spec, result, run);
    // Spread a little, so that what was issued together is not renewed together for ever.
    const next = Math.min(Math.max(due, now + 1_000), now + options.interval * (0.9 + 0.1 * run.world.random()));
    options.onLook(result, new Date(next));
    await run.world.sleep(next - now, stop);
  }
}

/** Milliseconds since 1970 of the next moment something can be due. */
async function nextLook(spec: CertificateSpec, result: CertificateResult, run: Run): Promise<number> {
  if (result.outcome === "skipped") return result.next.getTime();
  if (result.outcome === "failed") return await nextTry(spec, run);
  const meta = await readCertificateMeta(run.store, spec.name);
  const tries = (meta?.targets ?? []).flatMap(({ nextTry: at }) => at ?? []);
  return Math.min(Number.POSITIVE_INFINITY, ...tries);
}

/** When the ledger lets a certificate that failed be tried again; a minute from now where it never came that far. */
async function nextTry({ name, cas: [ca] }: CertificateSpec, { store, world }: Run): Promise<number> {
  const soon = world.now() + 60_000;
  if (ca === undefined) return soon;
  const { failures } = await openLedger(store, ca.directoryUrl, world.now).read();
  return failures[name]?.nextTry ?? soon;
}

interface Slots {
  /** Runs `work` as soon as one of the slots is free. @throws the signal's reason when it aborts before that */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    free += 1;
    waiting.shift()?.();
  };
  const acquire = async (signal: AbortSignal): Promise<void> => {
    while (free === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      signal.throwIfAborted();
    }
    free -= 1;
  };
  return {
    use: async (signal, work) => {
      signal.throwIfAborted();
      await acquire(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}

/** Certificates stored but no longer configured: kept as they are, and told, so that nobody thinks they renew. */
export async function unkept(specs: readonly CertificateSpec[], run: Pick<Run, "store">): Promise<readonly string[]> {
  const wanted = new Set(specs.map(({ name }) => name));
  const stored = await listCertificates(run.store);
  return stored.flatMap((entry) => ("meta" in entry && !wanted.has(entry.meta.name) ? [entry.meta.name] : []));
}
