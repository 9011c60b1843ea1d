import { open, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Solver, Task } from "@certwright/core";
import { type Effect, type Journal, makeFolder, pathBeside, removeLeftBeside } from "@certwright/core/store";
import { CertwrightError, messageOf } from "@certwright/provider";

/** How the files of a web server are used. */
export interface WebrootOptions {
  /** The directory the server shows as `/`. */
  readonly directory: string;
  readonly journal: Pick<Journal, "record" | "done">;
  readonly now: () => number;
}

/** RFC 8555 section 8.3. */
const wellKnown = ".well-known/acme-challenge";
const tokenGrammar = /^[A-Za-z0-9_-]{1,256}$/;

/** Meets http-01 with files under the directory of a web server that runs already. */
export function createWebrootSolver({ directory, journal, now }: WebrootOptions): Solver {
  const root = resolve(directory);
  const effects = new Map<string, Effect>();

  return {
    type: "http-01",
    label: `http-01 (files under ${root})`,
    solves: (_identifier, wildcard) => !wildcard,
    present: async (tasks, signal) => {
      const recorded = await journal.record(
        tasks.map(({ token, identifier, keyAuthorization }) => ({
          kind: "http-01-file" as const,
          where: root,
          name: pathOf(root, token),
          value: keyAuthorization,
          certificate: identifier.value,
        })),
        now(),
      );
      tasks.forEach((task, index) => {
        const effect = recorded[index];
        if (effect !== undefined) effects.set(task.id, effect);
      });
      signal.throwIfAborted();
      const written = await Promise.allSettled(
        tasks.map(({ token, keyAuthorization }) => put(pathOf(root, token), keyAuthorization)),
      );
      // All of them end before one failure is told: what is undone then must not race with what is still being written.
      return tasks.flatMap((task, index) => {
        const result = written[index];
        return result?.status === "rejected" ? [{ task, error: result.reason }] : [];
      });
    },
    cleanUp: async (tasks: readonly Task[]) => {
      const mine = tasks.flatMap(({ id }) => effects.get(id) ?? []);
      await Promise.all(mine.map(({ name }) => take(root, name)));
      journal.done(mine.map(({ id }) => id));
      for (const { id } of tasks) effects.delete(id);
    },
    undo: async ({ kind, where, name }) => {
      if (kind !== "http-01-file" || where !== root || dirname(name) !== join(root, wellKnown)) return false;
      await take(root, name);
      return true;
    },
  };
}

/** The engine checks tokens already; here one becomes a path, so it is checked where that matters. */
function pathOf(root: string, token: string): string {
  if (!tokenGrammar.test(token)) {
    throw new CertwrightError("HTTP_TOKEN", "the CA sent a token that is no file name", {
      hint: "Do not use this CA.",
    });
  }
  return join(root, wellKnown, token);
}

/** Whole or not at all, readable by the web server. */
async function put(path: string, text: string): Promise<void> {
  const temporary = pathBeside(path);
  try {
    makeFolder(dirname(path), new Set(), 0o755);
    const file = await open(temporary, "wx", 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new CertwrightError("HTTP_WEBROOT", `cannot write ${path}: ${messageOf(cause)}`, {
      hint: "Check that the directory given to --webroot exists and that this user may write to it.",
      cause,
    });
  }
}

/** Removes the file, what a writer of it that was killed has left, and the directories made for it once they are empty. */
async function take(root: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await removeLeftBeside(path);
  for (const directory of [dirname(path), dirname(dirname(path))]) {
    if (directory === root) return;
    // Somebody else's files keep their directory.
    await rmdir(directory).catch(() => undefined);
  }
}
