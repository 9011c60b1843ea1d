import type { OrderHooks } from "@certwright/core";

/**
 * Hooks of a service, which has no runs: what is done from the first order under way to the last counts as one, so that
 * what a hook stops before is started again after, not at the end of the service.
 *
 * @param open hooks of one run, by the configuration as it is then
 */
export function createBusyHooks(open: () => OrderHooks): OrderHooks {
  let current: OrderHooks | undefined;
  let underWay = 0;
  let finishing: Promise<unknown> = Promise.resolve();
  return {
    before: async (spec, reason) => {
      underWay += 1;
      // What is being started again must not meet what stops it.
      await finishing;
      current ??= open();
      await current.before(spec, reason);
    },
    after: async (spec, attempt) => {
      const hooks = current;
      await hooks?.after(spec, attempt);
      underWay -= 1;
      if (underWay > 0) return;
      current = undefined;
      finishing = hooks?.finish() ?? finishing;
      await finishing;
    },
    finish: async () => (await current?.finish()) ?? [],
  };
}
