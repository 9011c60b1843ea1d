import type { Emit } from "@certwright/core";
import { isCertwrightError, messageOf } from "@certwright/provider";

/** Tells of what is wrong when it begins and when it changes, not at every look. */
export interface Alarms {
  raise(about: string, error: unknown, certificate?: string): void;
  /** It is well again. */
  clear(about: string): void;
}

/** Alarms as events. */
export function createAlarms(emit: Emit): Alarms {
  const told = new Map<string, string>();
  return {
    raise: (about, error, certificate) => {
      const message = messageOf(error);
      if (told.get(about) === message) return;
      told.set(about, message);
      emit({
        type: "warning",
        code: isCertwrightError(error) ? error.code : "HAPROXY_ACME_FAILED",
        message,
        ...(isCertwrightError(error) && error.hint !== undefined ? { hint: error.hint } : {}),
        ...(certificate === undefined ? {} : { certificate }),
      });
    },
    clear: (about) => {
      told.delete(about);
    },
  };
}
