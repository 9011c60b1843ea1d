import { TLSSocket } from "node:tls";
import type { AcmeRow } from "../agent/acme-answers.ts";
import { HaproxyError } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { PushResult } from "../push/push-request.ts";
import type { Settings } from "../push/settings.ts";
import type { Sights } from "../push/sights.ts";
import { connectError, timeoutError } from "../runtime/connect.ts";
import type { AgentNode } from "../runtime/node.ts";
import { type Answer, errorOf, readAnswer } from "./answer.ts";
import { type AnswerAsk, type LookAsk, type PutAsk, readAsk, type WithdrawAsk } from "./ask.ts";
import { readLines } from "./lines.ts";
import { agentTls, beatEvery, longestLine } from "./protocol.ts";

/** A conversation with a node agent. Requests may be sent ahead; answers come as each is done. */
export interface AgentSession {
  put(ask: Omit<PutAsk, "op" | "id">, onStep: Emit): Promise<PushResult>;
  look(ask: Omit<LookAsk, "op" | "id">): Promise<Sights>;
  /** Has a challenge answered under this name for a while. @throws HaproxyError HAPROXY_AGENT_HTTP, HAPROXY_AGENT_NAMES */
  answer(ask: Omit<AnswerAsk, "op" | "id">): Promise<void>;
  withdraw(ask: Omit<WithdrawAsk, "op" | "id">): Promise<void>;
  acmeStatus(): Promise<readonly AcmeRow[]>;
  /** False where an order is under way. */
  acmeRenew(certificate: string): Promise<boolean>;
  /** False once nothing can be asked any more. */
  readonly isOpen: boolean;
  close(): void;
}

/** What comes before an answer is complete. */
type Part = Extract<Answer, { say: "step" | "acme" }>;

interface Waiting {
  readonly onAnswer: (answer: Answer) => void;
  readonly onEnd: (error: unknown) => void;
}

/**
 * Opens a conversation; it begins when the agent has said that we are welcome.
 *
 * @throws HaproxyError HAPROXY_UNREACHABLE, HAPROXY_TLS, HAPROXY_TIMEOUT, HAPROXY_AGENT_CLIENT; requests fail with
 *   HAPROXY_CONNECTION_CUT, HAPROXY_TIMEOUT, HAPROXY_UNEXPECTED_ANSWER, or what the agent says
 */
export async function openAgent(node: AgentNode, { signal, limits, connect }: Settings): Promise<AgentSession> {
  const socket = await connect(node, { signal, timeout: limits.connectTimeout });
  if (socket instanceof TLSSocket && socket.alpnProtocol !== agentTls.ALPNProtocols[0]) {
    socket.destroy();
    throw noAgent(node);
  }
  // An agent at work says so every few seconds, however long that takes.
  const longestSilence = Math.max(limits.answerTimeout, 3 * beatEvery);
  const waiting = new Map<number, Waiting>();
  const hello = Promise.withResolvers<void>();
  let welcome = false;
  let asked = 0;
  let ending: unknown;
  let timer = setTimeout(() => end(timeoutError(node, limits.connectTimeout)), limits.connectTimeout);

  const end = (error: unknown) => {
    if (ending !== undefined) return;
    ending = error;
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
    hello.reject(error);
    for (const { onEnd } of waiting.values()) onEnd(error);
    waiting.clear();
  };
  const onAbort = () => end(signal.reason);
  const listen = () => {
    clearTimeout(timer);
    if (waiting.size > 0) timer = setTimeout(() => end(timeoutError(node, longestSilence)), longestSilence);
  };
  const onLine = (line: string) => {
    const answer = understood(line);
    if (answer === undefined) return end(notUnderstood(node));
    if (answer.say === "hello") {
      welcome = true;
      hello.resolve();
    } else if (answer.say === "refused" && answer.id === undefined) {
      return end(errorOf(answer.error, node.id));
    } else if ("id" in answer && answer.id !== undefined) {
      waiting.get(answer.id)?.onAnswer(answer);
      if (answer.say !== "step" && answer.say !== "acme") waiting.delete(answer.id);
    }
    listen();
  };
  socket.on("error", (cause: NodeJS.ErrnoException) => end(welcome ? cut(node, cause) : connectError(node, cause)));
  socket.on("close", () => end(welcome ? cut(node) : notWelcome(node)));
  signal.addEventListener("abort", onAbort, { once: true });
  readLines(socket, { longest: longestLine, onLine, onFault: () => end(notUnderstood(node)) });
  if (signal.aborted) onAbort();
  await hello.promise;

  const ask = <T>(
    request: object,
    read: (answer: Answer) => T | undefined,
    onPart?: (part: Part) => void,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      if (ending !== undefined) return reject(ending);
      const id = ++asked;
      const line = JSON.stringify({ id, ...request });
      // What it could not read would end the conversation for all that is under way.
      if (!isReadable(line)) return reject(unreadable(node));
      const onAnswer = (answer: Answer) => {
        if (answer.say === "step" || answer.say === "acme") return onPart?.(answer);
        if (answer.say === "refused") return reject(errorOf(answer.error, node.id));
        const found = read(answer);
        if (found !== undefined) return resolve(found);
        reject(notUnderstood(node));
      };
      waiting.set(id, { onAnswer, onEnd: reject });
      if (waiting.size === 1) listen();
      socket.write(`${line}\n`);
    });
  const well = (each: Answer) => (each.say === "well" ? true : undefined);
  return {
    put: (put, onStep) =>
      ask(
        { op: "put", ...put },
        (each) => (each.say === "done" ? each.result : undefined),
        (part) => part.say === "step" && onStep({ ...part.event, node: node.id }),
      ),
    look: (look) => ask({ op: "look", ...look }, (each) => (each.say === "seen" ? each.sights : undefined)),
    answer: async (answer) => void (await ask({ op: "answer", ...answer }, well)),
    withdraw: async (withdraw) => void (await ask({ op: "withdraw", ...withdraw }, well)),
    async acmeStatus() {
      const rows: AcmeRow[] = [];
      await ask({ op: "acme-status" }, well, (part) => part.say === "acme" && rows.push(part.row));
      return rows;
    },
    acmeRenew: (certificate) =>
      ask({ op: "acme-renew", certificate }, (each) => (each.say === "begun" ? each.begun : undefined)),
    get isOpen() {
      return ending === undefined;
    },
    close: () => end(cut(node)),
  };
}

function isReadable(line: string): boolean {
  try {
    return Buffer.byteLength(line) <= longestLine && readAsk(line) !== undefined;
  } catch {
    return false;
  }
}

function unreadable(node: AgentNode): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_REQUEST", `${node.id} would not understand this request.`, {
    node: node.id,
    hint: "A new certificate's file is a name that ends in .pem or .crt; names in HAProxy have no control characters; chain and key together stay below 256 KiB.",
  });
}

function understood(line: string): Answer | undefined {
  try {
    return readAnswer(line);
  } catch {
    return undefined;
  }
}

function cut(node: AgentNode, cause?: unknown): HaproxyError {
  return new HaproxyError("HAPROXY_CONNECTION_CUT", `The connection to ${node.id} ended in the middle.`, {
    node: node.id,
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
    hint: "The node agent was stopped, or the network failed. Try again; what was done is left alone.",
  });
}

function notWelcome(node: AgentNode): HaproxyError {
  return new HaproxyError("HAPROXY_TLS", `${node.id} closed the connection without a word.`, {
    node: node.id,
    hint: "It does not take our client certificate, or has too many clients; its log says which.",
  });
}

function noAgent(node: AgentNode): HaproxyError {
  return new HaproxyError("HAPROXY_TLS", `${node.id} is no node agent of this version.`, {
    node: node.id,
    hint: "Check host and port; a TLS listener in front of a stats socket is reached by tls:// instead.",
  });
}

function notUnderstood(node: AgentNode): HaproxyError {
  return new HaproxyError("HAPROXY_UNEXPECTED_ANSWER", `${node.id} said something this version does not understand.`, {
    node: node.id,
    hint: "Use the same version of Certwright on both sides.",
  });
}
