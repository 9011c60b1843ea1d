import type { TLSSocket } from "node:tls";
import { HaproxyError } from "../errors.ts";
import { addressOf } from "../handshake.ts";
import type { NameIndex } from "../many-names.ts";
import { type Answer, refusedBy } from "./answer.ts";
import { type Ask, readAsk } from "./ask.ts";
import { namesOfClient } from "./client-name.ts";
import { readLines } from "./lines.ts";
import { lookAll } from "./look.ts";
import type { Office } from "./office.ts";
import { beatEvery, longestLine, mostAhead } from "./protocol.ts";
import { putAll } from "./put.ts";

/** What an agent remembers while one client is there. */
export interface Memory {
  index?: NameIndex | undefined;
}

/** How long clients may take. Milliseconds. */
export interface ClientLimits {
  /** From the first byte of a request to its last. Default: 10 000. */
  readonly slowest: number;
  /** Without a request. Default: 60 000. */
  readonly idle: number;
}

export const defaultClientLimits: ClientLimits = { slowest: 10_000, idle: 60_000 };

// Requests that wait, and answers the client does not read.
const mostWaiting = 8 * 1024 * 1024;
const looksTogether = 50;

/**
 * Serves one client until it goes, or the agent is stopped. What has come is worked off together: a lone certificate gets
 * a push of its own at once, and a stream of them the speed of many.
 *
 * @param clients names of which the client must have one; empty: any client the CA vouches for
 */
export async function converse(
  socket: TLSSocket,
  clients: readonly string[],
  { slowest, idle }: ClientLimits,
  office: Office,
): Promise<void> {
  const { signal } = office.context;
  const names = namesOfClient(socket);
  const client = `${names[0] ?? "a client without a name"} at ${addressOf({ host: socket.remoteAddress ?? "?", port: socket.remotePort ?? 0 })}`;
  const memory: Memory = {};
  const queue: { readonly ask: Ask; readonly size: number }[] = [];
  let waiting = 0;
  let isWorking = false;
  let lastAsked = performance.now();
  let wake = () => {};

  const tell = (answer: Answer) => {
    if (socket.destroyed || !socket.writable) return;
    socket.write(`${JSON.stringify(answer)}\n`);
    if (socket.writableLength > mostWaiting) socket.destroy();
  };
  const refuse = (error: HaproxyError) => {
    office.emit({ type: "warning", code: error.code, message: `${error.message} It is ${client}.` });
    tell({ say: "refused", error: refusedBy(error) });
    queue.length = 0;
    leave();
  };
  const leave = () => {
    socket.end();
    // For one who keeps its own side open.
    setTimeout(() => socket.destroy(), 1_000).unref();
  };
  socket.on("error", () => {});
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  if (clients.length > 0 && !names.some((name) => clients.includes(name))) {
    refuse(notThisClient());
    return gone;
  }

  tell({ say: "hello" });
  readLines(socket, {
    longest: longestLine,
    slowest,
    onLine: (line) => {
      if (socket.writableEnded) return;
      try {
        queue.push({ ask: readAsk(line), size: line.length });
      } catch {
        return refuse(noRequest("that is no request it knows"));
      }
      lastAsked = performance.now();
      waiting += line.length;
      if (queue.length >= mostAhead || waiting >= mostWaiting) socket.pause();
      wake();
    },
    onFault: (fault) =>
      refuse(
        noRequest(fault === "too long" ? `of more than ${longestLine} bytes` : `that took over ${slowest / 1000} s`),
      ),
  });
  const beat = setInterval(
    () => {
      if (isWorking) tell({ say: "beat" });
      else if (performance.now() - lastAsked > idle) leave();
    },
    Math.min(beatEvery, idle),
  );
  const onAbort = () => {
    if (!isWorking) leave();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  void gone.then(() => wake());

  while (!socket.destroyed && !signal.aborted) {
    if (queue.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const batch = takeBatch(queue.map(({ ask }) => ask));
    for (const { size } of queue.splice(0, batch.length)) waiting -= size;
    socket.resume();
    isWorking = true;
    await carryOut(batch, client, memory, office, tell);
    isWorking = false;
    lastAsked = performance.now();
  }
  signal.removeEventListener("abort", onAbort);
  leave();
  await gone;
  clearInterval(beat);
}

/** As many requests of one kind as came one after the other. */
function takeBatch(queue: readonly Ask[]): readonly Ask[] {
  const op = queue[0]?.op;
  const other = queue.findIndex((ask) => ask.op !== op);
  const same = other < 0 ? queue : queue.slice(0, other);
  return op === "look" ? same.slice(0, looksTogether) : same;
}

async function carryOut(
  batch: readonly Ask[],
  client: string,
  memory: Memory,
  office: Office,
  tell: (answer: Answer) => void,
): Promise<void> {
  const puts = batch.filter((ask) => ask.op === "put");
  const looks = batch.filter((ask) => ask.op === "look");
  if (puts.length > 0) await putAll(puts, client, memory, office, tell);
  if (looks.length > 0) await lookAll(looks, memory, office, tell);
}

function notThisClient(): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_CLIENT", "The node agent does not take certificates from this client.", {
    hint: "On the node, --client says whose certificates it knows.",
  });
}

function noRequest(what: string): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_REQUEST", `The node agent was sent something ${what}.`, {
    hint: "Use the same version of Certwright on both sides.",
  });
}
