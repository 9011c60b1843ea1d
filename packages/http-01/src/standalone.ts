import type { Solver, Task } from "@certwright/core";
import { type ChallengeListener, type ListenAddress, listenForChallenges } from "./listener.ts";

/** Meets http-01 with a server of its own, up only while a challenge is open. */
export function createStandaloneSolver(address: ListenAddress): Solver {
  const answers = new Map<string, string>();
  let listener: Promise<ChallengeListener> | undefined;
  let closed: Promise<unknown> = Promise.resolve();

  return {
    type: "http-01",
    label: `http-01 (own server, port ${address.port})`,
    solves: (_identifier, wildcard) => !wildcard,
    present: async (tasks) => {
      for (const { token, keyAuthorization } of tasks) answers.set(token, keyAuthorization);
      // Another certificate's challenges may just have ended: its listener leaves the port first.
      listener ??= closed.then(() => listenForChallenges(address, (token) => answers.get(token)));
      try {
        await listener;
      } catch (error) {
        listener = undefined;
        throw error;
      }
      return [];
    },
    cleanUp: async (tasks: readonly Task[]) => {
      for (const { token } of tasks) answers.delete(token);
      if (answers.size > 0 || listener === undefined) return;
      const closing = listener;
      listener = undefined;
      // A listener that never came up needs no closing.
      closed = closing.then(
        (open) => open.close(),
        () => undefined,
      );
      await closed;
    },
  };
}
