import { HaproxyError } from "../errors.ts";
import { attemptOrder } from "./attempt.ts";
import type { Office } from "./office.ts";
import { type Collected, collect, pauseUntilWhole, sameRecords } from "./orders.ts";
import { persist } from "./persist.ts";
import type { RingMessage, Told } from "./ring-message.ts";

/** Takes what the ring tells, and sees to each certificate apart from all others: a slow DNS holds up nobody else. */
export interface Desk {
  take(message: RingMessage & Told): void;
  /** True while an order of the certificate is being seen through. */
  isBusy(certificate: string): boolean;
  /** Compares disk and memory, and writes what HAProxy has. Never rejects: what is wrong is told. */
  keep(certificate: string): Promise<void>;
  /** Resolves when all that is under way has ended. */
  idle(): Promise<void>;
}

/** An order that HAProxy has under way, as far as it told. */
interface Live {
  collected: Collected;
  /** The records being seen to; undefined while events are still collected. */
  attempt: { readonly deploys: Collected["deploys"]; readonly superseded: AbortController } | undefined;
  readonly issued: PromiseWithResolvers<void>;
}

/** @param onEnded told when an order has ended, however it did */
export function openDesk(office: Office, onEnded: (certificate: string) => void): Desk {
  const { node, world, alarms } = office;
  const lives = new Map<string, Live>();
  const keeping = new Map<string, Promise<void>>();
  const work = new Set<Promise<void>>();

  function spawn(job: Promise<void>): void {
    const settled = job.catch((error) => {
      if (!world.signal.aborted) alarms.raise("agent", error);
    });
    work.add(settled);
    void settled.finally(() => work.delete(settled));
  }

  async function tend(certificate: string, live: Live): Promise<void> {
    const { signal } = world;
    try {
      for (;;) {
        const configured = await office.configured(certificate);
        for (;;) {
          const pause = pauseUntilWhole(live.collected, configured?.domains, office.limits, world.now());
          if (pause <= 0) break;
          await world.sleep(pause, signal);
        }
        const { deploys } = live.collected;
        const superseded = new AbortController();
        live.attempt = { deploys, superseded };
        const attempt = {
          ...{ certificate, deploys, configured, issued: live.issued.promise, worker: deploys.at(-1)?.worker },
          signal: AbortSignal.any([signal, superseded.signal]),
        };
        try {
          const outcome = await attemptOrder(attempt, office);
          if (outcome === "issued") await keep(certificate);
          if (outcome === "failed") tellFailure(certificate);
        } catch (error) {
          signal.throwIfAborted();
          if (!superseded.signal.aborted) alarms.raise(`order ${certificate}`, error, certificate);
        }
        live.attempt = undefined;
        if (!superseded.signal.aborted) return;
      }
    } finally {
      lives.delete(certificate);
      onEnded(certificate);
    }
  }

  function tellFailure(certificate: string): void {
    const { code, message, hint } = failed(office, certificate);
    world.emit({ type: "certificate.failed", certificate, code, message, ...(hint === undefined ? {} : { hint }) });
  }

  function keep(certificate: string): Promise<void> {
    // One after the other, for two at once would take each other's new file for foreign.
    const before = keeping.get(certificate) ?? Promise.resolve();
    const now = before.then(() => keepNow(certificate));
    keeping.set(certificate, now);
    return now;
  }

  async function keepNow(certificate: string): Promise<void> {
    const alarm = `keep ${certificate}`;
    try {
      const configured = await office.configured(certificate);
      const { places } = office;
      const kept = await office.ask((session) =>
        persist(session, certificate, { configured, places, signal: world.signal }),
      );
      if (kept.verdict === "disk") alarms.raise(alarm, diskNewer(office, certificate), certificate);
      else alarms.clear(alarm);
      if (kept.written.length > 0) {
        const detail = kept.written.join(", ");
        world.emit({ type: "deploy.finished", certificate, target: node.id, action: "written to disk", detail });
      }
    } catch (error) {
      if (world.signal.aborted) return;
      alarms.raise(alarm, error, certificate);
    }
  }

  return {
    take(message) {
      if (message.kind === "foreign") return;
      const { certificate } = message;
      const live = lives.get(certificate);
      if (message.kind === "newcert") {
        world.emit({ type: "deploy.step", certificate, target: node.id, step: "obtained" });
        live?.issued.resolve();
        spawn(keep(certificate));
        return;
      }
      const collected = collect(live?.collected, message, world.now());
      if (live === undefined) {
        const fresh: Live = { collected, attempt: undefined, issued: Promise.withResolvers() };
        lives.set(certificate, fresh);
        spawn(tend(certificate, fresh));
        return;
      }
      live.collected = collected;
      if (live.attempt && !sameRecords(live.attempt.deploys, collected.deploys)) live.attempt.superseded.abort();
    },
    isBusy: (certificate) => lives.has(certificate),
    keep,
    idle: async () => {
      while (work.size > 0) await Promise.all(work);
      await Promise.all(keeping.values());
    },
  };
}

function failed({ node }: Office, certificate: string): HaproxyError {
  return new HaproxyError("HAPROXY_ACME_FAILED", `HAProxy's order of ${certificate} failed.`, {
    node: node.id,
    certificate,
    retryable: true,
    hint: "HAProxy's log has the CA's reason. The agent begins another order after a pause.",
  });
}

function diskNewer({ node }: Office, certificate: string): HaproxyError {
  return new HaproxyError(
    "HAPROXY_ACME_DISK_NEWER",
    `The file of ${certificate} holds a newer certificate than HAProxy serves.`,
    { node: node.id, certificate, hint: "It was left alone. Reload HAProxy to serve it." },
  );
}
