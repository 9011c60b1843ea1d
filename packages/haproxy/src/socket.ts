import type { Socket } from "node:net";
import { type Connect, connectError, connectNode, isTlsFailure, timeoutError } from "./connect.ts";
import { excerpt, HaproxyError } from "./errors.ts";
import type { Node } from "./node.ts";

/** Bounds of one answer. */
export interface AnswerLimits {
  /** Milliseconds from the moment the answer is next in line. */
  readonly timeout: number;
  readonly maxBytes: number;
  /** For commands whose success is an empty line. */
  readonly emptyAllowed?: boolean;
  readonly cutShort?: CutShort;
}

/**
 * HAProxy leaves out the end of an answer that exceeds its buffer, and the blank line with it. When at least
 * `bytes` have come and then nothing for `milliseconds`, what is there is the answer.
 */
export interface CutShort {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** One stream to a Runtime API. Requests may be sent ahead; answers come back in order. */
export interface Connection {
  /** Sends one framed request and resolves with its answer, without the closing blank line. */
  exchange(request: string, limits: AnswerLimits): Promise<string>;
  /** Ends the stream; answers still due fail. Harmless when repeated. */
  close(): void;
}

interface Pending {
  readonly limits: AnswerLimits;
  readonly resolve: (text: string) => void;
  readonly reject: (error: unknown) => void;
}

// Answers HAProxy closes without the blank line every other answer has.
const unterminated = [
  /^The command line is too big for the buffer size\. .*\n$/,
  /^Can't find the target PID matching the prefix '[^\n]*'\n$/,
];

const answerEnd = "\n\n";

// What may stand before an answer: the second line feed of an answer that ends in three, and the prompts of HAProxy
// before 3.2, which has no interactive mode without them.
const noise = /^(?:\n|> |\+ )+/;

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for connecting. */
  readonly connectTimeout: number;
  /** Default: over unix sockets and TCP. */
  readonly connect?: Connect;
}

/**
 * Connects to a node's Runtime API. Aborting the signal destroys the stream; every answer still due then fails with
 * the signal's reason.
 *
 * @throws HaproxyError as {@link connectNode}; answers fail with HAPROXY_CONNECTION_CUT, HAPROXY_TIMEOUT,
 *   HAPROXY_ANSWER_TOO_LARGE, HAPROXY_UNEXPECTED_ANSWER or HAPROXY_TLS
 */
export async function openConnection(node: Node, options: OpenOptions): Promise<Connection> {
  const { signal, connectTimeout, connect = connectNode } = options;
  const socket = await connect(node, { signal, timeout: connectTimeout });
  return new AnswerStream(node, socket, signal);
}

class AnswerStream implements Connection {
  readonly #node: Node;
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #queue: Pending[] = [];
  #received = "";
  #searched = 0;
  #failure: unknown;
  #deadline: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(node: Node, socket: Socket, signal: AbortSignal) {
    this.#node = node;
    this.#socket = socket;
    this.#signal = signal;
    // One character per byte until an answer is whole: a chunk may end inside a character.
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.#onData(chunk));
    socket.on("error", (cause: NodeJS.ErrnoException) => this.#fail(this.#cut(cause)));
    socket.on("close", () => this.#fail(this.#cut()));
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  exchange(request: string, limits: AnswerLimits): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) this.#expectSilence();
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#queue.push({ limits, resolve, reject });
      if (this.#queue.length === 1) this.#startWaiting();
      this.#socket.write(request);
    });
  }

  /** Nothing may have come since the last answer but a prompt or the line feed some answers have too many. */
  #expectSilence(): void {
    this.#received = this.#received.replace(noise, "");
    if (this.#received !== "" && this.#failure === undefined) this.#fail(this.#unexpected("before it was asked"));
  }

  close(): void {
    this.#fail(
      new HaproxyError("HAPROXY_CONNECTION_CUT", `The connection to ${this.#node.id} was closed by us.`, {
        node: this.#node.id,
      }),
    );
  }

  readonly #onAbort = () => this.#fail(this.#signal.reason);

  #onData(chunk: string): void {
    this.#received += chunk;
    let head = this.#queue[0];
    while (head) {
      const answer = this.#take(head.limits);
      if (answer === undefined) break;
      this.#queue.shift();
      head.resolve(Buffer.from(answer, "latin1").toString("utf8"));
      head = this.#queue[0];
      this.#startWaiting();
    }
    if (head) this.#watchSilence(head);
    const limit = head?.limits.maxBytes ?? 1024;
    if (this.#received.length > limit) {
      this.#fail(
        new HaproxyError("HAPROXY_ANSWER_TOO_LARGE", `${this.#node.id} answered with more than ${limit} bytes.`, {
          node: this.#node.id,
          hint: "Check that the address leads to HAProxy's Runtime API.",
        }),
      );
    }
  }

  /** Cuts the next whole answer off what has come. */
  #take(limits: AnswerLimits): string | undefined {
    const empty = limits.emptyAllowed ? /^(?:> |\+ )*\n/.exec(this.#received) : null;
    if (empty) {
      this.#drop(empty[0].length);
      return "";
    }
    const before = noise.exec(this.#received);
    if (before) this.#drop(before[0].length);
    const end = this.#received.indexOf(answerEnd, this.#searched);
    if (end >= 0) {
      const answer = this.#received.slice(0, end);
      this.#drop(end + answerEnd.length);
      return answer;
    }
    this.#searched = Math.max(0, this.#received.length - 1);
    if (this.#received.length < 512 && unterminated.some((text) => text.test(this.#received))) {
      const answer = this.#received.slice(0, -1);
      this.#drop(this.#received.length);
      return answer;
    }
    return undefined;
  }

  #drop(length: number): void {
    this.#received = this.#received.slice(length);
    this.#searched = 0;
  }

  #startWaiting(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
    const head = this.#queue[0];
    if (!head) return;
    const { timeout } = head.limits;
    this.#deadline = setTimeout(() => this.#fail(timeoutError(this.#node, timeout)), timeout);
  }

  #watchSilence(head: Pending): void {
    clearTimeout(this.#silence);
    const { cutShort } = head.limits;
    if (!cutShort || this.#received.length < cutShort.bytes) return;
    this.#silence = setTimeout(() => {
      const answer = this.#received;
      this.#drop(answer.length);
      this.#queue.shift();
      head.resolve(Buffer.from(answer, "latin1").toString("utf8").trimEnd());
      this.#startWaiting();
    }, cutShort.milliseconds);
  }

  #cut(cause?: NodeJS.ErrnoException): HaproxyError {
    if (cause && isTlsFailure(cause)) return connectError(this.#node, cause);
    const heard = excerpt(this.#received);
    return new HaproxyError(
      "HAPROXY_CONNECTION_CUT",
      `${this.#node.id} ended the connection${heard === "" ? " without an answer" : ` after "${heard}"`}.`,
      {
        node: this.#node.id,
        ...(cause ? { cause } : {}),
        retryable: true,
        hint: "Check that HAProxy still runs; its log says why it closed the connection.",
      },
    );
  }

  #unexpected(when: string): HaproxyError {
    return new HaproxyError(
      "HAPROXY_UNEXPECTED_ANSWER",
      `${this.#node.id} spoke ${when}: "${excerpt(this.#received)}".`,
      { node: this.#node.id, hint: "Check that the address leads to HAProxy's Runtime API." },
    );
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#deadline);
    clearTimeout(this.#silence);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#socket.destroy();
    for (const pending of this.#queue.splice(0)) pending.reject(error);
  }
}
