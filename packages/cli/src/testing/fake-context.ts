import type { CliContext, Output } from "../context.ts";
import { createStopper } from "../stopping.ts";

/** An output that keeps what was written. */
export interface KeptOutput extends Output {
  readonly text: () => string;
}

export function keepOutput(details: Partial<Pick<Output, "isTTY" | "columns" | "rows">> = {}): KeptOutput {
  let kept = "";
  return {
    isTTY: false,
    columns: 80,
    rows: 24,
    ...details,
    write: (text) => {
      kept += text;
    },
    flush: async () => undefined,
    text: () => kept,
  };
}

/** A context of a test: its clock stands at a moment until told, its ticks come when called. */
export interface TestContext extends CliContext {
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
  /** Moves the clock and lets every tick due come. */
  readonly pass: (milliseconds: number) => void;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
  /** Codes the process would have ended with. */
  readonly exits: readonly number[];
}

type Details = Partial<Omit<CliContext, "stdout" | "stderr" | "stopper">> & { readonly terminal?: Partial<Output> };

export function testContext({ terminal = {}, ...rest }: Details = {}): TestContext {
  const stderr = keepOutput(terminal);
  const exits: number[] = [];
  const stopper = createStopper({ say: (line) => stderr.write(`${line}\n`), exit: (code) => exits.push(code) });
  const ticks = new Set<() => void>();
  let now = Date.UTC(2026, 10, 23, 12);
  return {
    env: {},
    cwd: "/nowhere",
    program: ["/usr/bin/certwright"],
    home: "/home/test",
    root: false,
    uid: process.getuid?.(),
    stdout: keepOutput(terminal),
    stderr,
    now: () => now,
    sleep: async () => {},
    random: () => 0.5,
    fetch: () => Promise.reject(new Error("no network in this test")),
    every: (_milliseconds, tick) => {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
    ask: undefined,
    stopper,
    ...rest,
    pass: (milliseconds) => {
      now += milliseconds;
      for (const tick of ticks) tick();
    },
    interrupt: () => stopper.stop("SIGINT"),
    exits,
  };
}
