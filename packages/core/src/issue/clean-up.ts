import { messageOf } from "@certwright/provider";
import { type Authorization, deactivateAuthorization } from "../acme/authorization.ts";
import type { AcmeClient } from "../acme/client.ts";
import type { World } from "../world.ts";
import type { Attempt } from "./attempt.ts";

/** Milliseconds clean-up may take, whatever happened to the run. */
export const cleanUpDeadline = 60_000;

/** Undoes everything that was presented, under a signal of its own. Never rejects: what stays is in the journal, and told. */
export async function undo(presented: readonly Attempt[], world: World): Promise<void> {
  const groups = Map.groupBy(presented, ({ solver }) => solver);
  await Promise.all(
    [...groups].map(async ([solver, group]) => {
      try {
        await solver.cleanUp(
          group.map(({ task }) => task),
          AbortSignal.timeout(cleanUpDeadline),
        );
      } catch (error) {
        world.emit({
          type: "warning",
          code: "CLEAN_UP_FAILED",
          message: `${solver.label} could not undo everything: ${messageOf(error)}`,
          hint: "`certwright cleanup` tries again; the next run does too.",
        });
      }
    }),
  );
}

/** Pending authorizations of a failed order count against the account's limits until they expire. Best effort. */
export async function deactivatePending(client: AcmeClient, authorizations: readonly Authorization[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  await Promise.allSettled(
    authorizations
      .filter(({ status }) => status === "pending")
      .map(({ url }) => deactivateAuthorization(client, url, { signal })),
  );
}
