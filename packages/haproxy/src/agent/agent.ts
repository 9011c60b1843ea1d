import { openDesk } from "./desk.ts";
import { adoptLeftOvers } from "./left-overs.ts";
import { type AgentOptions, openOffice } from "./office.ts";
import { openReconciling } from "./reconcile.ts";
import { type RingState, watchRing } from "./watch.ts";

/** Milliseconds a connection to the ring lasts where it is of use. */
const briefly = 1_000;
/** Milliseconds the ring may be out of reach, as it is during a reload, before it is worth a word. */
const tolerated = 10_000;

/**
 * Sees to the certificates HAProxy 3.2 and later obtain by themselves, until the signal of `world`: sets the records HAProxy
 * asks for and takes them away, writes what it obtained to disk, and has failed orders tried again. It never gives up, and
 * may be killed at any moment: what is to be done is found in HAProxy's ring, its status, the journal and the files.
 *
 * Resolves once everything it set is removed after the signal.
 *
 * @throws StoreError where the journal cannot be read at the start; afterwards nothing, what is wrong is told as `warning`
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const office = openOffice(options);
  const { node, world, alarms } = office;
  const { signal } = world;
  const leftOvers = await adoptLeftOvers(office);
  let wake = Promise.withResolvers<void>();
  // The end of an order is when records of a killed agent are no longer needed, and when a failure shows.
  const desk = openDesk(office, () => wake.resolve());
  const reconciling = openReconciling(office, desk, leftOvers);

  const watch = async (): Promise<void> => {
    let connected = 0;
    let troubleSince: number | undefined;
    const onState = (state: RingState) => {
      const now = world.now();
      if (state.kind === "unreadable") alarms.raise("ring message", state.error);
      else if (state.kind === "connected") connected = now;
      else if (state.kind === "listening") alarms.clear("ring");
      else {
        // A connection that ends after a while is a reload, and so is a socket that is away for a moment.
        if (now - connected > briefly) alarms.clear("ring");
        troubleSince = now - connected > briefly || troubleSince === undefined ? now : troubleSince;
        if (now - troubleSince > tolerated) alarms.raise("ring", state.error);
      }
      if (state.kind === "listening" || state.kind === "connected") wake.resolve();
    };
    const { sleep, random } = world;
    const { ask, connect } = office;
    const currentWorker = (until: AbortSignal) => ask(async ({ worker }) => worker.pid, until);
    for await (const message of watchRing(node, {
      signal,
      sleep,
      random,
      onState,
      currentWorker,
      ...(connect ? { connect } : {}),
    })) {
      desk.take(message);
    }
  };

  const reconcile = async (): Promise<void> => {
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>();
      const again = await reconciling.look();
      const pause = Math.max(office.limits.settle, again - world.now());
      await Promise.race([
        world.sleep(pause, signal),
        Promise.all([wake.promise, world.sleep(office.limits.settle, signal)]),
      ]).catch(() => undefined);
    }
  };

  await Promise.all([watch(), reconcile()]);
  await desk.idle();
}
