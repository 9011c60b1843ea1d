import { removeLeftRecord } from "@certwright/core";
import type { Effect } from "@certwright/core/store";
import type { AcmeRow } from "./acme-answers.ts";
import { labelOf, type Office } from "./office.ts";

/** Records that a killed agent, or another run over the same state, left behind. */
export interface LeftOvers {
  /**
   * Removes what nobody needs any more. What belongs to an order that runs is kept, for the CA may be looking at it right
   * now. Never rejects: what is wrong is told.
   */
  sweep(rows: readonly AcmeRow[], isBusy: (certificate: string) => boolean): Promise<void>;
}

/** Takes them over, once. @throws StoreError as `journal.adopt` */
export async function adoptLeftOvers(office: Office): Promise<LeftOvers> {
  const { journal, alarms, world } = office;
  const { effects, unreadable } = await journal.adopt();
  for (const error of unreadable) alarms.raise(`journal ${error.message}`, error);
  const adopted = new Set(effects.map(({ id }) => id));
  // The journal forgets an adopted record once the same is set anew: then it is that order's to remove.
  const left = () => journal.pending().filter(({ id }) => adopted.has(id));

  async function undo(effect: Effect, rows: readonly AcmeRow[], isBusy: (certificate: string) => boolean) {
    const row = rows.find(({ certificate }) => labelOf(office, certificate) === effect.certificate);
    if (row !== undefined && (row.state === "Running" || isBusy(row.certificate))) return;
    const alarm = `left ${effect.id}`;
    try {
      const own = row === undefined ? effect.certificate.startsWith(labelOf(office, "")) : true;
      const reason = own ? await removeOwn(effect, row?.certificate) : await office.undoOther?.(effect);
      if (reason !== undefined) throw new Error(`${effect.name} of ${effect.certificate} is still there: ${reason}`);
      if (own || office.undoOther !== undefined) journal.done([effect.id]);
      alarms.clear(alarm);
    } catch (error) {
      if (!world.signal.aborted) alarms.raise(alarm, error, row?.certificate);
    }
  }

  async function removeOwn(effect: Effect, certificate: string | undefined): Promise<string | undefined> {
    const bindings = await office.bindings(
      (certificate === undefined ? undefined : await office.configured(certificate)) ?? {},
    );
    const binding = bindings.find(({ handle }) => handle.instance === effect.where);
    if (binding === undefined) return `it was set by ${effect.where}, which is not configured now`;
    await removeLeftRecord(effect, binding, world.emit);
    return undefined;
  }

  return {
    sweep: async (rows, isBusy) => {
      await Promise.all(left().map((effect) => undo(effect, rows, isBusy)));
    },
  };
}
