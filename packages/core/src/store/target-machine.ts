import type { TargetState } from "./certificate-meta.ts";
import type { Store } from "./store.ts";

/** A path, or an address of the loopback network: every machine has its own of that name. */
const onEachMachine =
  /^[a-z0-9-]+:(?:(?:unix|master)[:@])?(?:\/|[a-z]+:\/\/(?:[^/@]*@)?(?:127(?:\.\d+){3}|localhost|\[::1\])(?:[:/?]|$))/;

/**
 * The machine a target belongs to, where machines share the state and each has its own target of that name; undefined for
 * one that is the same for all.
 */
export function machineOf(target: string, { machine }: Pick<Store, "machine">): string | undefined {
  return onEachMachine.test(target) ? machine : undefined;
}

/** What is known of the targets as this machine has them. */
export function statesHere(states: readonly TargetState[], store: Pick<Store, "machine">): readonly TargetState[] {
  return states.filter(({ target, machine }) => machine === machineOf(target, store));
}

/** Whether a target that this machine's configuration does not name is nobody's: another machine may have one of its own. */
export function isOnlyOurs({ machine }: TargetState, store: Pick<Store, "machine">): boolean {
  return store.machine === undefined || machine === store.machine;
}
