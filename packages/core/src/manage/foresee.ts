import { asError } from "@certwright/provider/errors";
import { allDone } from "../issue/settle.ts";
import type { Run } from "./parts.ts";
import type { Action } from "./plan.ts";
import { openSolvers } from "./solvers.ts";

/** What would come of one target. */
export type ForeseenTarget = { readonly target: string } & (
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly error: Error }
);

/**
 * Looks at the targets an action would deploy to, and changes nothing.
 *
 * @throws what opening the ways to prove the names throws, where they would be proved
 */
export async function foresee(action: Action, run: Run): Promise<readonly ForeseenTarget[]> {
  if (action.do === "nothing") return [];
  if (action.do === "issue") await openSolvers(action.spec, run);
  const { parts, world } = run;
  const { name, identifiers, keyType } = action.spec;
  const targets = action.do === "issue" ? action.spec.deploy : action.targets;
  return await allDone(
    targets.map(async (id): Promise<ForeseenTarget> => {
      try {
        const target = await parts.target(id);
        const detail = await target.foresee?.({ name, identifiers, keyType }, world);
        return { target: id, ok: true, detail: detail ?? "would be deployed to" };
      } catch (cause) {
        world.signal.throwIfAborted();
        return { target: id, ok: false, error: asError(cause) };
      }
    }),
  );
}
