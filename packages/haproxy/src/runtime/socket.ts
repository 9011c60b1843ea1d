import type { Socket } from "node:net";
import { excerpt, HaproxyError } from "../errors.ts";
import { type Connect, connectError, connectNode, isTlsFailure, timeoutError } from "./connect.ts";
import { AnswerBuffer, type AnswerLimits } from "./framing.ts";
import type { Node } from "./node.ts";

/** One stream to a Runtime API. Requests may be sent ahead; answers come back in order. */
export interface Connection {
  /** Sends one framed request and resolves with its answer, without the closing blank line. */
  exchange(request: string, limits: AnswerLimits): Promise<string>;
  /**
   * Sends everything `ask` exchanges before it returns in one go: for the kernel, and over TLS as far as one record
   * of 16 KiB holds it.
   */
  together<T>(ask: () => T): T;
  /** Ends the stream; answers still due fail. Harmless when repeated. */
  close(): void;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for connecting. */
  readonly connectTimeout: number;
  /** Default: over unix sockets and TCP. */
  readonly connect?: Connect;
}

const tlsRecord = 16_384;

// What HAProxy is doing must be finished before we go, but not for ever.
const grace = 2_000;

/**
 * Connects to a node's Runtime API. After the signal is aborted no request is sent any more; requests already sent
 * are heard out for at most two seconds, because HAProxy 2.6 can crash when its client leaves during a commit.
 *
 * @throws HaproxyError as {@link connectNode}; answers fail with HAPROXY_CONNECTION_CUT, HAPROXY_TIMEOUT,
 *   HAPROXY_ANSWER_TOO_LARGE, HAPROXY_UNEXPECTED_ANSWER or HAPROXY_TLS, or the signal's reason
 */
export async function openConnection(node: Node, options: OpenOptions): Promise<Connection> {
  const { signal, connectTimeout, connect = connectNode } = options;
  const socket = await connect(node, { signal, timeout: connectTimeout });
  return new AnswerStream(node, socket, signal);
}

interface Pending {
  readonly limits: AnswerLimits;
  readonly resolve: (text: string) => void;
  readonly reject: (error: unknown) => void;
}

class AnswerStream implements Connection {
  readonly #node: Node;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #queue: Pending[] = [];
  readonly #buffer = new AnswerBuffer();
  /** Why nothing is sent any more. */
  #ending: unknown;
  #ended = false;
  #held: string[] | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(node: Node, socket: Socket, signal: AbortSignal) {
    this.#node = node;
    this.#socket = socket;
    this.#signal = signal;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#onData(chunk));
    socket.on("error", (cause: NodeJS.ErrnoException) => this.#end(this.#cut(cause)));
    socket.on("close", () => this.#end(this.#cut()));
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  exchange(request: string, limits: AnswerLimits): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0 && !this.#ended && !this.#buffer.isQuiet()) this.#end(this.#unasked());
      if (this.#ending !== undefined) return reject(this.#ending);
      this.#queue.push({ limits, resolve, reject });
      if (this.#queue.length === 1) this.#startWaiting();
      if (this.#held) this.#held.push(request);
      else this.#write([request]);
    });
  }

  together<T>(ask: () => T): T {
    const held: string[] = [];
    this.#held = held;
    try {
      return ask();
    } finally {
      this.#held = undefined;
      if (this.#ending === undefined) this.#write(held);
    }
  }

  // Over TLS what is written at once, up to 16 KiB, is one record, and that arrives whole or not at all. So a request
  // is never spread over two of them without need.
  #write(requests: readonly string[]): void {
    const all = requests.join("");
    if (all.length <= tlsRecord) this.#socket.write(all);
    else for (const request of requests) this.#socket.write(request);
  }

  close(): void {
    const message = `The connection to ${this.#node.id} was closed by us.`;
    this.#end(new HaproxyError("HAPROXY_CONNECTION_CUT", message, { node: this.#node.id }));
  }

  readonly #onAbort = () => {
    this.#ending ??= this.#signal.reason;
    if (this.#queue.length === 0) return this.#end(this.#ending);
    const timer = setTimeout(() => this.#end(this.#ending), grace);
    this.#socket.once("close", () => clearTimeout(timer));
  };

  #onData(chunk: string): void {
    if (this.#ended) return;
    this.#buffer.add(chunk);
    let head = this.#queue[0];
    while (head) {
      const answer = this.#buffer.take(head.limits);
      if (answer === undefined) break;
      this.#answer(answer);
      head = this.#queue[0];
    }
    const limit = head?.limits.maxBytes ?? 1024;
    if (this.#buffer.length > limit) this.#end(this.#tooLarge(limit));
  }

  #answer(text: string): void {
    this.#queue.shift()?.resolve(text);
    this.#startWaiting();
    if (this.#queue.length === 0 && this.#ending !== undefined) this.#end(this.#ending);
  }

  #startWaiting(): void {
    clearTimeout(this.#deadline);
    const timeout = this.#queue[0]?.limits.timeout;
    if (timeout === undefined) return;
    this.#deadline = setTimeout(() => this.#end(timeoutError(this.#node, timeout)), timeout);
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ending ??= error;
    clearTimeout(this.#deadline);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#hangUp();
    for (const pending of this.#queue.splice(0)) pending.reject(this.#ending);
  }

  // A connection that ends in the middle of a payload line makes a thread of HAProxy 3.2 spin for ever, and ten of
  // them close its Runtime API for everybody. So a request that was begun is sent to its end.
  #hangUp(): void {
    if (this.#socket.destroyed || this.#socket.writableLength === 0) {
      this.#socket.destroy();
      return;
    }
    const timer = setTimeout(() => this.#socket.destroy(), grace);
    this.#socket.once("close", () => clearTimeout(timer));
    this.#socket.end(() => this.#socket.destroy());
  }

  #cut(cause?: NodeJS.ErrnoException): HaproxyError {
    if (cause && isTlsFailure(cause)) return connectError(this.#node, cause);
    const heard = excerpt(this.#buffer.text);
    const after = heard === "" ? "without an answer" : `after "${heard}"`;
    return new HaproxyError("HAPROXY_CONNECTION_CUT", `${this.#node.id} ended the connection ${after}.`, {
      node: this.#node.id,
      ...(cause ? { cause } : {}),
      retryable: true,
      hint: "Check that HAProxy still runs; its log says why it closed the connection.",
    });
  }

  #unasked(): HaproxyError {
    const said = excerpt(this.#buffer.text);
    return new HaproxyError("HAPROXY_UNEXPECTED_ANSWER", `${this.#node.id} spoke before it was asked: "${said}".`, {
      node: this.#node.id,
      hint: "Check that the address leads to HAProxy's Runtime API.",
    });
  }

  #tooLarge(limit: number): HaproxyError {
    const message = `${this.#node.id} answered with more than ${limit} bytes.`;
    return new HaproxyError("HAPROXY_ANSWER_TOO_LARGE", message, {
      node: this.#node.id,
      hint: "Check that the address leads to HAProxy's Runtime API.",
    });
  }
}
