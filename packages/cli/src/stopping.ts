import type { CertwrightEvent, TxtEventRecord } from "@certwright/core";
import { cliError } from "./errors.ts";

/** How a run is stopped from outside. */
export interface Stopper {
  /** Aborted at the first Ctrl-C, SIGTERM or SIGHUP; clean-up still happens. */
  readonly signal: AbortSignal;
  /** Follows what a run has made outside, to say what stays if clean-up is cut short. */
  readonly watch: (event: CertwrightEvent) => void;
  /** What is there now, and must be removed before the end. */
  readonly present: () => readonly TxtEventRecord[];
  /** From now on SIGHUP calls this instead of stopping, until the function returned is called. */
  readonly onHangUp: (listener: () => void) => () => void;
}

/** What stopping does to the process, so that a test can stand in. */
export interface StopActions {
  /** Writes a line at once. */
  readonly say: (line: string) => void;
  readonly exit: (code: number) => void;
}

/** A stopper, and what to call at each signal. */
export function createStopper(actions: StopActions): Stopper & { readonly stop: (signalName: string) => void } {
  const controller = new AbortController();
  const present = new Map<string, TxtEventRecord>();
  let hangUp: (() => void) | undefined;
  return {
    signal: controller.signal,
    watch: (event) => follow(present, event),
    present: () => [...present.values()],
    onHangUp: (listener) => {
      hangUp = listener;
      return () => {
        if (hangUp === listener) hangUp = undefined;
      };
    },
    stop: (signalName) => {
      if (signalName === "SIGHUP" && hangUp !== undefined) {
        hangUp();
        return;
      }
      if (!controller.signal.aborted) {
        const hint = "Run the same command again to go on.";
        controller.abort(cliError("CLI_INTERRUPTED", `stopped by ${signalName}`, { hint }));
        return;
      }
      for (const line of whatStays([...present.values()])) actions.say(line);
      actions.exit(130);
    },
  };
}

function follow(present: Map<string, TxtEventRecord>, event: CertwrightEvent): void {
  if (event.type === "txt.adding" || event.type === "txt.added") {
    for (const record of event.records) present.set(keyOf(record), record);
  }
  if (event.type === "txt.removed") for (const record of event.records) present.delete(keyOf(record));
}

function whatStays(records: readonly TxtEventRecord[]): readonly string[] {
  if (records.length === 0) return ["warning: left at once"];
  return [
    `warning: left before clean-up; ${counted(records.length)} may stay:`,
    ...records.map((record) => `  ${record.name} TXT ${record.value} (${record.provider})`),
    '  "certwright cleanup" removes them, as does the next run',
  ];
}

function counted(count: number): string {
  return count === 1 ? "1 TXT record" : `${count} TXT records`;
}

function keyOf(record: TxtEventRecord): string {
  return `${record.provider} ${record.name} ${record.value}`;
}
