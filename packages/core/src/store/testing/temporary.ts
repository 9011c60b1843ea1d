import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { fileStore } from "../file-store.ts";
import type { Store } from "../store.ts";

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "certwright-state-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A file store with nothing to say. */
export function quietStore(directory: string): Store {
  return fileStore(directory, { now: () => Date.now(), warn: () => {} });
}

/** A process that works on a store, and what it has said so far. */
export interface StoreChild {
  readonly process: ChildProcess;
  readonly lines: readonly string[];
  readonly errors: () => string;
  /** Fulfils when it has said such a line, or has ended. */
  said(line: string): Promise<void>;
  /** Fulfils with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** As `kill -9`; fulfils when it is gone. */
  kill(): Promise<void>;
}

/** Starts `testing/child.ts`, by way of another program if `through` names one. */
export function startChild(args: readonly string[], through: readonly string[] = []): StoreChild {
  const script = fileURLToPath(new URL("child.ts", import.meta.url));
  const [program = process.execPath, ...before] = [...through, process.execPath];
  const child = spawn(program, [...before, script, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  const lines: string[] = [];
  let errors = "";
  const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
  child.stderr.on("data", (data) => {
    errors += String(data);
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    process: child,
    lines,
    errors: () => errors,
    ended,
    async said(wanted) {
      while (!lines.includes(wanted) && child.exitCode === null && child.signalCode === null) {
        await Promise.race([once(reader, "line"), ended]);
      }
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
