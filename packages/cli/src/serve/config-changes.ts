import { stat } from "node:fs/promises";
import type { CliContext } from "../context.ts";

/** Milliseconds between two looks at the file. Polling sees what watching does not: mounts, and files put in its place. */
const every = 2_000;
/** Milliseconds a file must stay as it is before it is read, since editors write in several steps. */
const settle = 300;

/** Says when the configuration may have changed. */
export interface ConfigChanges {
  /** Fulfils at the next change of the file, or when `wake` is called; also at a change since the call before. */
  readonly next: (signal: AbortSignal) => Promise<void>;
  /** As SIGHUP does. */
  readonly wake: () => void;
}

/** Changes of one file. */
export async function watchConfig(file: string, { sleep }: Pick<CliContext, "sleep">): Promise<ConfigChanges> {
  let seen = await stateOf(file);
  let woken = Promise.withResolvers<void>();
  return {
    wake: () => woken.resolve(),
    next: async (signal) => {
      const done = new AbortController();
      try {
        await Promise.race([woken.promise, fileChange(AbortSignal.any([signal, done.signal]))]);
      } finally {
        done.abort();
        woken = Promise.withResolvers();
      }
    },
  };

  async function fileChange(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(every, signal);
      let latest = await stateOf(file);
      if (latest === seen) continue;
      while (latest !== seen) {
        seen = latest;
        await sleep(settle, signal);
        latest = await stateOf(file);
      }
      return;
    }
  }
}

async function stateOf(file: string): Promise<string> {
  const stats = await stat(file, { bigint: true }).catch(() => undefined);
  return stats === undefined ? "missing" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}
