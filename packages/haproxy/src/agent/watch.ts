import { HaproxyError } from "../errors.ts";
import { parseRefusal, unexpected } from "../runtime/answers.ts";
import { type Connect, connectNode } from "../runtime/connect.ts";
import { parseInfo } from "../runtime/listings.ts";
import type { Node } from "../runtime/node.ts";
import { createSeen, RingBuffer } from "./ring-buffer.ts";
import { parseRingMessage, type RingMessage, type Told } from "./ring-message.ts";

/** What watching needs of the world. */
export interface Watching {
  readonly signal: AbortSignal;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told when the ring is being listened to, and why it is not. MUST NOT throw. */
  readonly onState: (state: RingState) => void;
  /** Process id of the worker that runs now. */
  readonly currentWorker: (signal: AbortSignal) => Promise<number>;
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
const request = "@@1 show info;show events dpapi -w -0\n";

// Even there: for as long as the new worker loads its configuration, the master hands a new connection to the old one,
// and leaves it there. So we ask who we listen to, and now and then whether that is still the worker that counts.
const firstCheck = 250;
const longestCheck = 30_000;

const longestInfo = 64 * 1024;

/**
 * Everything the ring of the current worker tells, and of each worker after it, until the signal. It never gives up. After
 * each interruption the ring is replayed from its oldest message, and what was told before is left out.
 */
export async function* watchRing(node: Node, watching: Watching): AsyncGenerator<RingMessage & Told> {
  const { signal, onState } = watching;
  const seen = createSeen();
  let pause = shortestPause;
  while (!signal.aborted) {
    try {
      for await (const { worker, text } of listen(node, watching)) {
        pause = shortestPause;
        if (text === undefined || seen(text)) continue;
        const message = read(text, onState);
        if (message) yield { ...message, worker };
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

/** One connection, message by message; none once a worker answers. */
async function* listen(node: Node, watching: Watching) {
  const { signal, onState, connect = connectNode } = watching;
  const socket = await connect(node, { signal, timeout: 5_000 });
  onState({ kind: "connected" });
  const ended = new AbortController();
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const buffer = new RingBuffer();
  let info: Buffer | undefined = Buffer.alloc(0);
  let listening = false;
  let replaced = false;
  let worker = 0;
  try {
    socket.write(request);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      let events = chunk;
      if (info) {
        info = Buffer.concat([info, chunk]);
        const end = info.indexOf("\n\n");
        if (end < 0) refuse(node, info.toString("utf8"), "Name:");
        if (end < 0) continue;
        worker = parseInfo(info.subarray(0, end).toString("utf8")).pid;
        void whenReplaced(worker, watching, ended.signal).then((is) => {
          replaced = is;
          if (is) socket.destroy();
        });
        events = info.subarray(end + 2);
        info = undefined;
        yield { worker, text: undefined };
      }
      for (const message of buffer.add(events)) {
        if (!listening) onState({ kind: "listening" });
        listening = true;
        yield { worker, text: message };
      }
      refuse(node, buffer.rest.trimStart(), "<");
    }
  } catch (error) {
    if (error instanceof HaproxyError) throw error;
    if (!replaced) throw cut(node, error);
  } finally {
    ended.abort();
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

/** Resolves with true once another worker than `pid` runs; with false when the connection has ended. */
async function whenReplaced(pid: number, watching: Watching, ended: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([watching.signal, ended]);
  for (let pause = firstCheck; !signal.aborted; pause = Math.min(longestCheck, pause * 2)) {
    await watching.sleep(pause, signal).catch(() => undefined);
    if (signal.aborted) return false;
    // One that cannot be asked is asked again.
    const current = await watching.currentWorker(signal).catch(() => pid);
    if (current !== pid) return !signal.aborted;
  }
  return false;
}

/** What does not begin as it should is an answer that says why there will be no events. */
function refuse(node: Node, rest: string, start: string): void {
  if (rest.length > longestInfo && start !== "<") throw unexpected("show info", rest);
  if (rest === "" || rest.startsWith(start) || !rest.includes("\n")) return;
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
