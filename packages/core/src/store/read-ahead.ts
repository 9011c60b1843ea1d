import { inOrder } from "./in-order.ts";

/** Files in one question to the other thread, and questions asked before the first is worked on: together a megabyte. */
const together = 256;
const questionsAhead = 4;
/** Bytes in one answer; a file that has no room in it is not read. */
const room = 1024 * 1024;

/** A file the other thread was asked for. Without `bytes` it is anything but a small plain file, and to be looked at here. */
export interface FileAhead<T> {
  readonly item: T;
  readonly bytes?: Uint8Array;
}

/**
 * Reads many small files on another thread while this one works on those that came before: to open 100,000 files takes
 * the kernel a second. It starts in some 30 ms, so it is worth it from a few thousand files on.
 *
 * @returns the items in their order, some at a time
 */
export async function* readAhead<T>(
  items: Iterable<T>,
  pathOf: (item: T) => string,
): AsyncGenerator<readonly FileAhead<T>[]> {
  await using thread = await startThread();
  const read = async (some: readonly T[]) => split(some, await thread.read(some.map(pathOf)));
  yield* inOrder(inParts(items), read, questionsAhead);
}

function* inParts<T>(items: Iterable<T>): Generator<readonly T[]> {
  let part: T[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length < together) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** The bytes of files, one after the other, and of each how many: -1 where it was not read. */
interface Answer {
  readonly bytes: Uint8Array;
  readonly sizes: Int32Array;
}

function split<T>(some: readonly T[], { bytes, sizes }: Answer): readonly FileAhead<T>[] {
  let start = 0;
  return some.map((item, index) => {
    const size = sizes[index] ?? -1;
    if (size < 0) return { item };
    start += size;
    return { item, bytes: new Uint8Array(bytes.buffer, start - size, size) };
  });
}

interface ReadingThread extends AsyncDisposable {
  /** A thread that cannot be had, or is gone, has read nothing. */
  read(paths: readonly string[]): Promise<Answer>;
}

async function startThread(): Promise<ReadingThread> {
  const { Worker } = await import("node:worker_threads");
  const nothing: Answer = { bytes: new Uint8Array(), sizes: new Int32Array() };
  const waiting: ((answer: Answer) => void)[] = [];
  let worker: InstanceType<typeof Worker> | undefined;
  const end = () => {
    worker = undefined;
    for (const answer of waiting.splice(0)) answer(nothing);
  };
  try {
    // Text instead of a file of its own: so it is there in the sources, in the package and in every bundle.
    const text = `(${answerQuestions})(${room})`;
    worker = new Worker(text, { eval: true, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    worker.on("message", (answer: Answer) => waiting.shift()?.(answer));
    worker.on("error", end);
    worker.on("exit", end);
  } catch {
    // Node was started without the right to have threads, or the machine has no more of them.
  }
  return {
    read: (paths) =>
      new Promise((resolve) => {
        if (worker === undefined) return resolve(nothing);
        waiting.push(resolve);
        worker.postMessage(paths);
      }),
    [Symbol.asyncDispose]: async () => void (await worker?.terminate()),
  };
}

/** Runs in the other thread, from its text: it has nothing of this file. It opens files as `readValue` does. */
function answerQuestions(space: number): void {
  const { closeSync, constants, openSync, readSync } = process.getBuiltinModule("node:fs");
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const bytes = new Uint8Array(space);
  parentPort?.on("message", (paths: readonly string[]) => {
    const sizes = new Int32Array(paths.length).fill(-1);
    let filled = 0;
    for (const [index, path] of paths.entries()) {
      let file: number | undefined;
      try {
        file = openSync(path, flags);
        const size = readSync(file, bytes, filled, space - filled, 0);
        if (size === space - filled) continue;
        sizes[index] = size;
        filled += size;
      } catch {
        // What is wrong with it is found, and told, by who looks at it on the other side.
      } finally {
        if (file !== undefined) closeSync(file);
      }
    }
    const read = bytes.slice(0, filled);
    parentPort.postMessage({ bytes: read, sizes }, [read.buffer, sizes.buffer]);
  });
}
