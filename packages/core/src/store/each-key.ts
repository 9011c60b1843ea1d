import type { Store } from "./store.ts";

/** How many folders are listed, or values worked on, at a time: beyond this machine each costs a round trip. */
const atOnce = 16;

/** Does `work` for every key of a store, several at a time. */
export async function eachKey(store: Store, work: (key: string) => Promise<void>): Promise<void> {
  const waiting: string[] = [""];
  const visit = async (entry: string): Promise<void> => {
    if (entry !== "" && !entry.endsWith("/")) return await work(entry);
    const inside = await store.list(entry.slice(0, -1));
    waiting.push(...inside.map((name) => `${entry}${name}`));
  };
  const running = new Set<Promise<void>>();
  for (;;) {
    const next = waiting.pop();
    if (next === undefined) {
      if (running.size === 0) return;
      await Promise.race(running);
      continue;
    }
    const visiting: Promise<void> = visit(next).finally(() => running.delete(visiting));
    running.add(visiting);
    if (running.size >= atOnce) await Promise.race(running);
  }
}
