import type { TLSSocket } from "node:tls";
import { HaproxyError } from "../errors.ts";
import type { NameIndex } from "../push/many-names.ts";
import { type Ask, readAsk } from "./ask.ts";
import type { Client } from "./client.ts";
import { readLines } from "./lines.ts";
import { lookAll } from "./look.ts";
import type { Office } from "./office.ts";
import { attendAcme } from "./own-acme.ts";
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
  /** An answer to http-01 stands this long where its client does not come back. Default: 3 600 000. */
  readonly answers: number;
}

export const defaultClientLimits: ClientLimits = { slowest: 10_000, idle: 60_000, answers: 3_600_000 };

// Requests that wait, in bytes.
const mostWaiting = 8 * 1024 * 1024;
const looksTogether = 50;

/**
 * Serves one client until it goes, or is to leave; what is under way is ended before. What has come is worked off
 * together: a lone certificate gets a push of its own at once, and a stream of them the speed of many.
 */
export async function converse(
  socket: TLSSocket,
  client: Client,
  { slowest, idle }: ClientLimits,
  office: Office,
  leaving: AbortSignal,
): Promise<void> {
  const memory: Memory = {};
  let isWorking = false;
  let lastAsked = performance.now();
  let wake = () => {};
  const queue = createQueue(socket);
  const refuse = (what: string) => {
    queue.clear();
    client.refuse(noRequest(what));
  };
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void gone.then(() => wake());

  client.tell({ say: "hello" });
  readLines(socket, {
    longest: longestLine,
    slowest,
    onLine: (line) => {
      // It was refused, and what followed was on its way.
      if (socket.writableEnded) return;
      try {
        queue.add(readAsk(line), line.length);
      } catch {
        return refuse("that is no request it knows");
      }
      lastAsked = performance.now();
      wake();
    },
    onFault: (fault) =>
      refuse(fault === "too long" ? `of more than ${longestLine} bytes` : `that took over ${slowest / 1000} s`),
  });
  const tick = () => {
    if (isWorking) client.tell({ say: "beat" });
    else if (performance.now() - lastAsked > idle) client.leave();
  };
  const beat = setInterval(tick, Math.min(beatEvery, idle));
  const onAbort = () => wake();
  leaving.addEventListener("abort", onAbort, { once: true });

  // Who stays connected proves himself no longer than his certificate does.
  const isOver = () => socket.destroyed || leaving.aborted || office.context.now() >= client.validUntil;
  while (!isOver()) {
    const batch = queue.take();
    if (batch.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    isWorking = true;
    await carryOut(batch, client, memory, office);
    isWorking = false;
    lastAsked = performance.now();
  }
  leaving.removeEventListener("abort", onAbort);
  client.leave();
  await gone;
  clearInterval(beat);
}

/** Requests that wait. When there are too many, no more are taken from the socket. */
function createQueue(socket: TLSSocket) {
  const waiting: { readonly ask: Ask; readonly size: number }[] = [];
  let bytes = 0;
  return {
    add(ask: Ask, size: number) {
      waiting.push({ ask, size });
      bytes += size;
      if (waiting.length >= mostAhead || bytes >= mostWaiting) socket.pause();
    },
    /** As many of one kind as came one after the other. */
    take(): readonly Ask[] {
      const op = waiting[0]?.ask.op;
      const other = waiting.findIndex(({ ask }) => ask.op !== op);
      const same = other < 0 ? waiting.length : other;
      const taken = waiting.splice(0, op === "look" ? Math.min(same, looksTogether) : same);
      for (const { size } of taken) bytes -= size;
      if (taken.length > 0) socket.resume();
      return taken.map(({ ask }) => ask);
    },
    clear() {
      waiting.length = 0;
      bytes = 0;
    },
  };
}

async function carryOut(batch: readonly Ask[], client: Client, memory: Memory, office: Office): Promise<void> {
  const puts = batch.filter((ask) => ask.op === "put");
  const looks = batch.filter((ask) => ask.op === "look");
  const challenges = batch.filter((ask) => ask.op === "answer" || ask.op === "withdraw");
  const orders = batch.filter((ask) => ask.op === "acme-status" || ask.op === "acme-renew");
  if (puts.length > 0) await putAll(puts, client, memory, office);
  if (looks.length > 0) await lookAll(looks, client, memory, office);
  if (challenges.length > 0) await office.http.carryOut(challenges, client);
  if (orders.length > 0) await attendAcme(orders, client, office);
}

function noRequest(what: string): HaproxyError {
  return new HaproxyError("HAPROXY_AGENT_REQUEST", `The node agent was sent something ${what}.`, {
    hint: "Use the same version of Certwright on both sides.",
  });
}
