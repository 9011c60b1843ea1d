import { parseRefusal, unexpected } from "../answers.ts";
import { type Connect, connectNode } from "../connect.ts";
import { HaproxyError } from "../errors.ts";
import type { Node } from "../node.ts";
import { createSeen, RingBuffer } from "./ring-buffer.ts";
import { parseRingMessage, type RingMessage } from "./ring-message.ts";

/** What watching needs of the world. */
export interface Watching {
  readonly signal: AbortSignal;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told when the ring is being listened to, and why it is not. MUST NOT throw. */
  readonly onState: (state: RingState) => void;
  readonly connect?: Connect;
}

export type RingState =
  /** A connection stands; what is said over it may still be a refusal. */
  | { readonly kind: "connected" }
  | { readonly kind: "listening" }
  /** The connection ended, as it does at each reload, or could not be made. */
  | { readonly kind: "lost"; readonly error: HaproxyError }
  /** A message that cannot be read; watching goes on. */
  | { readonly kind: "unreadable"; readonly error: HaproxyError };

const shortestPause = 50;
/** Milliseconds; a HAProxy that is down for hours is found again within this. */
const longestPause = 5_000;

// Only through the master is the end of a worker seen: a watcher at a stats socket stays with the old worker, keeps it
// alive, and hears nothing any more.
const request = "@@1 show events dpapi -w -0\n";

/**
 * Everything the ring of the current worker tells, and of each worker after it, until the signal. It never gives up. After
 * each interruption the ring is replayed from its oldest message, and what was told before is left out.
 */
export async function* watchRing(node: Node, watching: Watching): AsyncGenerator<RingMessage> {
  const { signal, onState } = watching;
  const seen = createSeen();
  let pause = shortestPause;
  while (!signal.aborted) {
    try {
      for await (const text of listen(node, watching)) {
        pause = shortestPause;
        if (text === undefined || seen(text)) continue;
        const message = read(text, onState);
        if (message) yield message;
      }
      // An end without an error is a reload.
      if (!signal.aborted) onState({ kind: "lost", error: cut(node) });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof HaproxyError)) throw error;
      onState({ kind: "lost", error });
    }
    await watching.sleep(pause * (0.5 + watching.random() / 2), signal).catch(() => undefined);
    pause = Math.min(longestPause, pause * 2);
  }
}

function read(text: string, onState: Watching["onState"]): RingMessage | undefined {
  try {
    return parseRingMessage(text);
  } catch (error) {
    if (!(error instanceof HaproxyError)) throw error;
    onState({ kind: "unreadable", error });
    return undefined;
  }
}

/** One connection, message by message; undefined once it stands. */
async function* listen(node: Node, { signal, onState, connect = connectNode }: Watching) {
  const socket = await connect(node, { signal, timeout: 5_000 });
  onState({ kind: "connected" });
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const buffer = new RingBuffer();
  let listening = false;
  try {
    socket.write(request);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (const message of buffer.add(chunk)) {
        if (!listening) onState({ kind: "listening" });
        listening = true;
        yield message;
      }
      refuse(node, buffer.rest.trimStart());
    }
    yield undefined;
  } catch (error) {
    if (error instanceof HaproxyError) throw error;
    throw cut(node, error);
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

/** Messages begin with `<`; everything else is an answer that says why there will be none. */
function refuse(node: Node, rest: string): void {
  if (rest === "" || rest.startsWith("<") || !rest.includes("\n")) return;
  const text = rest.trim();
  if (text.startsWith("Can't find the target PID")) {
    throw new HaproxyError("HAPROXY_NO_WORKER", `The master at ${node.id} has no running worker.`, {
      node: node.id,
      retryable: true,
      hint: "Look at HAProxy's log: the last start or reload failed.",
    });
  }
  if (parseRefusal(text)?.kind === "denied") {
    throw new HaproxyError("HAPROXY_LEVEL", `${node.id} does not show its events.`, {
      node: node.id,
      hint: "Use the master socket (-S) without a lower level.",
    });
  }
  throw unexpected("show events dpapi", text);
}

function cut(node: Node, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_CONNECTION_CUT", `${node.id} ended the connection, as it does at each reload.`, {
    node: node.id,
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}
