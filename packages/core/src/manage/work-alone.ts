import type { Store } from "../store/store.ts";
import type { LeaseHolder } from "../store/store-error.ts";
import { showHolder } from "../store/waiting.ts";
import type { World } from "../world.ts";

/** Milliseconds to wait for another run that works on the same certificate. */
const leaseWait = 120_000;

/** What working on a certificate alone needs of a run. */
export interface LeasingRun {
  readonly store: Store;
  readonly world: Pick<World, "now" | "signal" | "emit">;
}

/**
 * Works on a certificate while no other run does; tells whom it waits for.
 *
 * @param work MUST go by the run it is given, whose signal aborts where the lease is lost: another run works on the
 * certificate by then.
 * @throws StoreError `STORE_LOCKED`, and what `work` throws
 */
export async function workAlone<R extends LeasingRun, T>(
  certificate: string,
  run: R,
  work: (alone: R) => Promise<T>,
): Promise<T> {
  const { store, world } = run;
  await using lease = await store.lease(`certificates/${certificate}`, {
    signal: world.signal,
    waitMs: leaseWait,
    onWait: (holder) => world.emit({ type: "warning", certificate, ...toldOfWaiting(holder, world.now()) }),
  });
  return await work({ ...run, world: { ...world, signal: AbortSignal.any([world.signal, lease.lost]) } });
}

function toldOfWaiting(holder: LeaseHolder | undefined, now: number) {
  const until = (moment: number): string => `${new Date(moment).toISOString().slice(11, 19)} UTC`;
  const dead = holder?.freeBy === undefined ? "" : `; should it have been killed, until ${until(holder.freeBy)}`;
  return {
    code: "STORE_LOCKED",
    message: `${showHolder(holder)} works on this certificate; waiting for it until ${until(now + leaseWait)} at most${dead}`,
  };
}
