import type { Readable } from "node:stream";

/** What to do with lines as they come. */
export interface LineReader {
  /** In bytes, without the line feed. */
  readonly longest: number;
  /** Milliseconds from the first byte of a line to its last. Default: for ever. */
  readonly slowest?: number;
  readonly onLine: (line: string) => void;
  /** Called once; nothing is read after it. */
  readonly onFault: (fault: "too long" | "too slow") => void;
}

/** Cuts a stream into lines. What is held of it never exceeds the longest line and one chunk. */
export function readLines(stream: Readable, { longest, slowest, onLine, onFault }: LineReader): void {
  let held: Buffer[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    stream.off("data", onData);
  };
  const fail = (fault: "too long" | "too slow") => {
    stop();
    held = [];
    onFault(fault);
  };
  const wait = () => {
    if (slowest === undefined) return;
    timer = setTimeout(() => {
      // We ourselves keep it waiting.
      if (stream.isPaused()) wait();
      else fail("too slow");
    }, slowest);
  };
  const onData = (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      if (size + end > longest) return fail("too long");
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString("utf8");
      clearTimeout(timer);
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
      onLine(line);
      if (stream.destroyed) return stop();
    }
    if (rest.length === 0) return;
    if (size + rest.length > longest) return fail("too long");
    if (held.length === 0) wait();
    held.push(rest);
    size += rest.length;
  };
  stream.on("data", onData);
  stream.once("close", stop);
}
