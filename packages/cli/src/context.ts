import type { Stopper } from "./stopping.ts";

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** Fulfils when all that was written is with whoever reads it, or can never be: a full pipe takes the rest later. */
  flush(): Promise<void>;
  readonly isTTY: boolean;
  /** Of the terminal, as it is now; 80 by 24 where there is none. */
  readonly columns: number;
  readonly rows: number;
}

/** The outside world as commands may use it: made once, in {@link createContext} or by a test, and handed down. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How this program is started, absolute paths: Node and the script. */
  readonly program: readonly string[];
  /** The user's home directory. */
  readonly home: string;
  /** Whether this runs as root. */
  readonly root: boolean;
  /** The user this runs as; undefined where the system has no numbers for users. */
  readonly uid: number | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly fetch: typeof globalThis.fetch;
  /** Calls back again and again until the function returned is called; never keeps the process alive. */
  readonly every: (milliseconds: number, tick: () => void) => () => void;
  /** Shows a question and waits for a line; undefined where nobody is there to answer. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  /** Ctrl-C and SIGTERM. */
  readonly stopper: Stopper;
}

/** The real one. */
export function createContext(stopper: Stopper): CliContext {
  return {
    env: process.env,
    cwd: process.cwd(),
    program: [process.execPath, process.argv[1] ?? ""],
    home: process.env.HOME ?? "/",
    root: process.getuid?.() === 0,
    uid: process.getuid?.(),
    stdout: outputOf(() => process.stdout),
    stderr: outputOf(() => process.stderr),
    now: Date.now,
    sleep,
    random: Math.random,
    fetch: globalThis.fetch,
    every: (milliseconds, tick) => {
      const timer = setInterval(tick, milliseconds).unref();
      return () => clearInterval(timer);
    },
    get ask() {
      return process.stdin.isTTY ? ask : undefined;
    },
    stopper,
  };
}

/** The stream is opened when it is first used: opening each costs milliseconds that most commands need not pay. */
function outputOf(open: () => NodeJS.WriteStream): Output {
  let opened: NodeJS.WriteStream | undefined;
  // A reader that went away (`certwright list | head -1`) must not end a run that is changing the DNS.
  let isGone = false;
  const stream = (): NodeJS.WriteStream => {
    opened ??= open().on("error", () => {
      isGone = true;
    });
    return opened;
  };
  return {
    write: (text) => {
      if (!isGone) stream().write(text);
    },
    flush: async () => {
      if (opened !== undefined && opened.writableLength > 0)
        await new Promise<void>((resolve) => opened?.write("", () => resolve()));
    },
    get isTTY() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns ?? 80;
    },
    get rows() {
      return stream().rows ?? 24;
    },
  };
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}
