import { isCertwrightError } from "@certwright/provider";
import { HaproxyError } from "../errors.ts";
import type { AcmeRow } from "./acme-answers.ts";
import { acmeRenew, acmeStatus } from "./acme-commands.ts";
import type { Desk } from "./desk.ts";
import type { LeftOvers } from "./left-overs.ts";
import { openLostOrders } from "./lost-orders.ts";
import type { Office } from "./office.ts";
import { outcomeOf, pauseBefore } from "./orders.ts";
import { compare } from "./persist.ts";

/** A certificate whose last order failed. */
interface Failing {
  /** How often we tried to begin another. */
  readonly retries: number;
  /** Orders that began by it. */
  readonly begun: number;
  /** When to begin the next, milliseconds since 1970. */
  readonly next: number;
}

/** What the ring cannot tell: failures, and everything that happened while nobody listened. */
export interface Reconciling {
  /**
   * One look at all certificates. Never rejects: what is wrong is told.
   *
   * @returns when to look again, milliseconds since 1970
   */
  look(): Promise<number>;
}

export function openReconciling(office: Office, desk: Desk, leftOvers: LeftOvers): Reconciling {
  const { ask, alarms, limits, world } = office;
  const failing = new Map<string, Failing>();
  const lostOrders = openLostOrders(office, desk);

  async function retry({ certificate, expires }: AcmeRow): Promise<void> {
    const known = failing.get(certificate);
    const retries = known?.retries ?? 0;
    if (known === undefined) {
      // Also right after the start of HAProxy, before its own first order: a pause tells the two apart.
      failing.set(certificate, { retries, begun: 0, next: world.now() + pauseBefore(0, limits.renewRetries) });
      return;
    }
    // One that we began ourselves has failed, too. Of http-01 nothing else tells.
    const { begun } = known;
    if (begun > 0)
      alarms.raise(`failing ${certificate}`, failingAgain(office, certificate, begun, expires), certificate);
    if (known.next > world.now()) return;
    const pause = pauseBefore(retries + 1, limits.renewRetries) * (1 + world.random() / 10);
    failing.set(certificate, { retries: retries + 1, begun, next: world.now() + pause });
    try {
      const began = await ask((session) => acmeRenew(session, certificate));
      if (began) failing.set(certificate, { retries: retries + 1, begun: begun + 1, next: world.now() + pause });
      if (began) world.emit({ type: "deploy.step", certificate, target: office.node.id, step: "order begun again" });
      alarms.clear(`renew ${certificate}`);
    } catch (error) {
      if (!world.signal.aborted) alarms.raise(`renew ${certificate}`, error, certificate);
    }
  }

  /** Certificates that differ between disk and memory, or whose copies cannot be compared; all in one session. */
  async function unequal(rows: readonly AcmeRow[]): Promise<readonly string[]> {
    const { places } = office;
    const configuration = await office.configuration();
    return ask(async (session) => {
      const found: string[] = [];
      for (const { certificate } of rows) {
        const persisting = { configured: configuration.get(certificate), places, signal: world.signal };
        const verdict = await compare(session, certificate, persisting).catch((error) => {
          world.signal.throwIfAborted();
          if (isCertwrightError(error) && error.retryable) throw error;
          return undefined;
        });
        if (verdict === "same") alarms.clear(`keep ${certificate}`);
        else found.push(certificate);
      }
      return found;
    });
  }

  return {
    async look() {
      try {
        const rows = await ask(acmeStatus);
        alarms.clear("status");
        for (const row of rows) {
          const outcome = outcomeOf(row);
          if (outcome === "issued") {
            failing.delete(row.certificate);
            alarms.clear(`failing ${row.certificate}`);
          }
          if (outcome === "failed" && !desk.isBusy(row.certificate)) await retry(row);
        }
        for (const certificate of await unequal(rows)) await desk.keep(certificate);
        await lostOrders.end(rows);
        await leftOvers.sweep(rows, desk.isBusy);
      } catch (error) {
        if (!world.signal.aborted) alarms.raise("status", error);
      }
      const waiting = [...failing.values()].map(({ next }) => next).filter((next) => next > world.now());
      return Math.min(world.now() + limits.reconcile, ...waiting);
    },
  };
}

function failingAgain({ node }: Office, certificate: string, begun: number, expires: Date | undefined): HaproxyError {
  const until = expires === undefined ? "" : ` What it serves ends at ${expires.toISOString()}.`;
  const times = begun === 1 ? "an order" : `${begun} orders`;
  return new HaproxyError(
    "HAPROXY_ACME_FAILED",
    `HAProxy does not get ${certificate}: ${times} begun anew failed, too.${until}`,
    {
      node: node.id,
      certificate,
      retryable: true,
      hint: "HAProxy's log has the CA's reason. More orders follow, with longer and longer pauses.",
    },
  );
}
