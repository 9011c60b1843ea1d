import { HaproxyError } from "../errors.ts";
import type { AcmeRow } from "./acme-answers.ts";
import { challengeReady } from "./acme-commands.ts";
import type { Desk } from "./desk.ts";
import type { Office } from "./office.ts";
import { domainsToMark } from "./orders.ts";

/** Orders that wait for records HAProxy no longer tells of, because its ring has dropped the events. */
export interface LostOrders {
  /** Ends those that have run for long and that nobody sees to. Never rejects: what is wrong is told. */
  end(rows: readonly AcmeRow[]): Promise<void>;
}

/**
 * HAProxy has no command to give an order up. Told that its records are ready it lets the CA look, which finds none; then
 * the order has failed, and a new one, with new events, can begin.
 */
export function openLostOrders(office: Office, desk: Pick<Desk, "isBusy">): LostOrders {
  const { ask, alarms, limits, world } = office;
  const since = new Map<string, number>();

  async function endOne(certificate: string): Promise<void> {
    const configured = await office.configured(certificate);
    // HAProxy sees to http-01 by itself, and ends such an order after its own retries.
    if (configured !== undefined && configured.challenge !== "dns-01") return;
    const alarm = `lost ${certificate}`;
    alarms.raise(alarm, lost(office, certificate), certificate);
    const domains = domainsToMark([], configured?.domains);
    for (const domain of domains) await ask((session) => challengeReady(session, certificate, domain));
    if (domains.length > 0) alarms.clear(alarm);
  }

  return {
    async end(rows) {
      for (const { certificate, state } of rows) {
        if (state !== "Running" || desk.isBusy(certificate)) {
          since.delete(certificate);
          continue;
        }
        const first = since.get(certificate) ?? world.now();
        since.set(certificate, first);
        if (world.now() - first < limits.lost) continue;
        since.delete(certificate);
        await endOne(certificate).catch((error) => {
          if (!world.signal.aborted) alarms.raise(`lost ${certificate}`, error, certificate);
        });
      }
    },
  };
}

function lost({ node }: Office, certificate: string): HaproxyError {
  return new HaproxyError(
    "HAPROXY_ACME_STUCK",
    `HAProxy's order of ${certificate} waits for records it does not tell of any more.`,
    {
      node: node.id,
      certificate,
      retryable: true,
      hint: "The order is ended, and another begins. Where many certificates are due at once, let the agent run all the time: HAProxy keeps a limited number of events.",
    },
  );
}
