import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "@certwright/tools/servers";

/** What a proxy does with one question. */
export type Treatment =
  | { readonly to: string }
  | "silence"
  | "servfail"
  | "refused"
  /** Nothing but the hint to ask over TCP. */
  | "truncated"
  /** NOERROR with nothing in it, by authority. */
  | "empty";

/** One question as the proxy sees it; `name` in lower case. */
export type Treat = (name: string, type: number) => Treatment;

export interface DnsProxy extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Questions so far, as `name type`. */
  readonly asked: readonly string[];
}

const rcodes = { servfail: 2, refused: 5 } as const;

/**
 * A name server in front of others, on UDP and TCP, that can be as bad as real ones are. `tcp` says where a question over
 * TCP leads; left out, connections are cut.
 */
export async function startDnsProxy(treat: Treat, tcp?: (name: string) => string): Promise<DnsProxy> {
  const asked: string[] = [];
  const udp = createSocket("udp4");
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    if (tcp === undefined) return void socket.destroy();
    // The question arrives in one piece on loopback; its length stands before it (RFC 1035 section 4.2.2).
    socket.once("data", (bytes) => {
      const [host = "", port = ""] = tcp(readQuestion(bytes.subarray(2)).name).split(":");
      const behind = connect(Number(port), host).on("error", () => socket.destroy());
      sockets.add(behind);
      behind.write(bytes);
      socket.pipe(behind).pipe(socket);
    });
  });
  const port = await freePort();
  listener.listen(port, "127.0.0.1");
  await once(listener, "listening");
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  udp.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    asked.push(`${name} ${type}`);
    const treatment = treat(name, type);
    if (treatment === "silence") return;
    if (typeof treatment === "object") forward(query, treatment.to, (answer) => reply(answer, from));
    else reply(answerOf(query.subarray(0, end), treatment), from);
  });
  function reply(answer: Buffer, { port: to, address }: RemoteInfo): void {
    udp.send(answer, to, address, () => undefined);
  }
  return {
    address: `127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      udp.removeAllListeners("message");
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function forward(query: Buffer, to: string, done: (answer: Buffer) => void): void {
  const [host = "", port = ""] = to.split(":");
  const socket = createSocket("udp4");
  const timer = setTimeout(() => socket.close(), 2_000);
  socket.on("error", () => undefined);
  socket.once("message", (answer) => {
    clearTimeout(timer);
    socket.close();
    done(answer);
  });
  socket.send(query, Number(port), host);
}

/** RFC 1035 section 4.1.2; a question is never compressed. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Header and question, with nothing behind them. */
function answerOf(question: Buffer, treatment: Exclude<Treatment, object | "silence">): Buffer {
  const answer = Buffer.from(question);
  const rcode = treatment === "servfail" || treatment === "refused" ? rcodes[treatment] : 0;
  const flags = 0x8400 | (treatment === "truncated" ? 0x0200 : 0) | (answer.readUInt16BE(2) & 0x0100);
  answer.writeUInt16BE(flags | rcode, 2);
  for (const count of [6, 8, 10]) answer.writeUInt16BE(0, count);
  return answer;
}
