/** The end of a stream, within a limit. */
export interface Tail {
  readonly add: (chunk: Buffer) => void;
  readonly bytes: () => Buffer;
  /** Bytes that are not kept. */
  readonly dropped: () => number;
}

/** Keeps the last `limit` bytes: what went wrong is said at the end. */
export function createTail(limit: number): Tail {
  const chunks: Buffer[] = [];
  let held = 0;
  let total = 0;
  return {
    add: (chunk) => {
      chunks.push(chunk);
      held += chunk.length;
      total += chunk.length;
      for (let first = chunks[0]; first !== undefined && held - first.length >= limit; first = chunks[0]) {
        chunks.shift();
        held -= first.length;
      }
    },
    bytes: () => Buffer.concat(chunks).subarray(Math.max(0, held - limit)),
    dropped: () => Math.max(0, total - limit),
  };
}
