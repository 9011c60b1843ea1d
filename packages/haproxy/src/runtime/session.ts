import { HaproxyError } from "../errors.ts";
import type { Connect } from "./connect.ts";
import { parseBufferSize, parseInfo, parseWorkers, type WorkerInfo } from "./listings.ts";
import { hasSuccessor } from "./local-reload.ts";
import type { Node } from "./node.ts";
import { openConnection } from "./socket.ts";
import { frameRequest } from "./wire.ts";

/** What one request may carry besides its command. */
export interface SendOptions {
  /** Lines to send after the command, without empty ones. */
  readonly payload?: string;
  /** For commands whose success is an empty line. */
  readonly emptyAllowed?: boolean;
  /** Default: 64 KiB. */
  readonly maxBytes?: number;
  /** As in {@link AnswerLimits}. */
  readonly cutAt?: number;
}

/**
 * A conversation with one worker process. Sessions are short: one that outlives a reload stays with the old worker,
 * keeps it alive, and sees its commands succeed without any effect on traffic.
 */
export interface Session {
  readonly node: Node;
  /** The worker as it was when the session began. */
  readonly worker: WorkerInfo;
  /** Size in bytes of the buffer a whole request must stay below (`tune.bufsize`), and many an answer too. */
  readonly bufferSize: number;
  /** What every command starts with on this kind of socket. */
  readonly prefix: string;
  /** Sends a command and resolves with its answer. Commands may be sent ahead; answers come in order. */
  send(command: string, options?: SendOptions): Promise<string>;
  /** Sends everything `ask` sends before it returns in one go. */
  together<T>(ask: () => T): T;
  /**
   * True while a reload loads the worker that is to replace this one, which has read the files already. A master tells,
   * and on this machine the processes do; elsewhere it is never known.
   */
  isBeingReplaced(): Promise<boolean>;
  close(): void;
}

export interface SessionOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for connecting. Default: 5 000. */
  readonly connectTimeout?: number;
  /** Milliseconds for one answer. Default: 30 000, for a commit rebuilds every bind line that uses the certificate. */
  readonly answerTimeout?: number;
  readonly connect?: Connect;
}

const shortAnswer = 64 * 1024;

/**
 * Opens a session with the node's current worker.
 *
 * @throws HaproxyError as `openConnection`, and HAPROXY_WORKER_STOPPING, HAPROXY_NO_WORKER, HAPROXY_LEVEL,
 *   HAPROXY_AGENT_ONLY
 */
export async function openSession(node: Node, options: SessionOptions): Promise<Session> {
  if (node.kind === "agent") throw noRuntimeApi(node);
  const { signal, connectTimeout = 5_000, answerTimeout = 30_000, connect } = options;
  const connection = await openConnection(node, { signal, connectTimeout, ...(connect ? { connect } : {}) });
  // The master never closes by itself and hands each command to the worker that runs now.
  const prefix = node.kind === "master" ? "@1 " : "";
  const send = (command: string, { payload, maxBytes = shortAnswer, ...rest }: SendOptions = {}) =>
    connection.exchange(frameRequest(prefix + command, payload), { timeout: answerTimeout, maxBytes, ...rest });
  try {
    // Interactive mode keeps the connection open; 2.6 takes "prompt i" as "prompt", whose extra output is skipped.
    const [told, pools] = connection.together(() => [
      send(node.kind === "master" ? "show info" : "prompt i;show info"),
      send("show pools match buffer"),
    ]);
    pools.catch(() => {});
    const text = await told;
    if (text.startsWith("Can't find the target PID")) throw noWorker(node);
    if (text === "Permission denied") throw denied(node);
    const worker = parseInfo(text);
    if (worker.stopping) throw stopping(node, worker);
    const bufferSize = parseBufferSize(await pools);
    return {
      node,
      worker,
      bufferSize,
      prefix,
      send,
      together: (ask) => connection.together(ask),
      isBeingReplaced: async () => {
        if (node.kind === "unix") return hasSuccessor(worker);
        if (node.kind !== "master") return false;
        const limits = { timeout: answerTimeout, maxBytes: shortAnswer };
        const workers = parseWorkers(await connection.exchange(frameRequest("show proc"), limits));
        // After a reload that failed there is none but this one, which is listed as old.
        return workers.length > 0 && !workers.includes(worker.pid);
      },
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** What to say where a node agent was named and its HAProxy itself is needed. */
export function noRuntimeApi(node: Node): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_ONLY", `${node.id} is a node agent, which has no Runtime API to offer.`, {
    node: node.id,
    hint: "Do this on the node itself, through its socket.",
  });
}

function noWorker(node: Node): HaproxyError {
  return new HaproxyError("HAPROXY_NO_WORKER", `The master at ${node.id} has no running worker.`, {
    node: node.id,
    retryable: true,
    hint: "Look at HAProxy's log: the last start or reload failed.",
  });
}

function denied(node: Node): HaproxyError {
  return new HaproxyError("HAPROXY_LEVEL", `${node.id} does not let us in.`, {
    node: node.id,
    hint: 'Use a socket with "level admin".',
  });
}

/** The error of a session with a worker that is going away. */
export function stopping(node: Node, worker: WorkerInfo): HaproxyError {
  return new HaproxyError(
    "HAPROXY_WORKER_STOPPING",
    `${node.id} leads to worker ${worker.pid}, which a reload is replacing.`,
    { node: node.id, retryable: true, hint: "Try again in a moment; a change here would never reach traffic." },
  );
}
