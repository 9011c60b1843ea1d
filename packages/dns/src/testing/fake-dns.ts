import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import dnsPacket, { type Answer, type DecodedPacket } from "dns-packet";
import type { PlainServer } from "../server.ts";

/** A reply, NOERROR and authoritative unless it says otherwise. */
export interface FakeReply {
  readonly rcode?: number;
  readonly authoritative?: boolean;
  readonly truncated?: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

export type Transport = "udp" | "tcp";

/** Makes the bytes of a reply, or of several; none is silence. */
export type RawReply = (query: Buffer, transport: Transport) => readonly Buffer[];

/** Never answers. */
export const silent: RawReply = () => [];

export const rcodes = { servfail: 2, nxdomain: 3, notimp: 4, refused: 5, notauth: 9, notzone: 10 } as const;

/**
 * A DNS server on loopback, UDP and TCP on one port, that knows exactly the questions it was told about.
 * Ending it (`await using`) throws where it was asked something else, or was not asked what it should have been.
 */
export class FakeDns implements AsyncDisposable {
  readonly server: PlainServer;
  /** Every question in order, as `udp TXT name`. */
  readonly asked: string[] = [];
  readonly #routes = new Map<string, { replies: (FakeReply | RawReply)[]; used: number }>();
  readonly #unexpected: string[] = [];
  readonly #close: () => Promise<void>;

  constructor(server: PlainServer, close: () => Promise<void>) {
    this.server = server;
    this.#close = close;
  }

  /** Answers `TYPE name` with these replies in turn; the last one is repeated. */
  on(question: string, ...replies: (FakeReply | RawReply)[]): this {
    this.#routes.set(question, { replies, used: 0 });
    return this;
  }

  answer(bytes: Buffer, transport: Transport): readonly Buffer[] {
    const query = dnsPacket.decode(bytes);
    const question = `${query.questions?.[0]?.type} ${query.questions?.[0]?.name}`;
    this.asked.push(`${transport} ${question}`);
    const route = this.#routes.get(question) ?? this.#routes.get("*");
    if (route === undefined) {
      this.#unexpected.push(question);
      return [replyTo(query, { rcode: rcodes.refused })];
    }
    const reply = route.replies[Math.min(route.used, route.replies.length - 1)] ?? silent;
    route.used += 1;
    return typeof reply === "function" ? reply(bytes, transport) : [replyTo(query, reply)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    const unused = [...this.#routes].filter(([, { used }]) => used === 0).map(([question]) => question);
    if (this.#unexpected.length > 0) throw new Error(`unexpected questions: ${this.#unexpected.join(", ")}`);
    if (unused.length > 0) throw new Error(`questions that were never asked: ${unused.join(", ")}`);
  }
}

/** The bytes of a reply to a query. */
export function replyTo(query: DecodedPacket, reply: FakeReply): Buffer {
  const {
    rcode = 0,
    authoritative = true,
    truncated = false,
    answers = [],
    authorities = [],
    additionals = [],
  } = reply;
  return dnsPacket.encode({
    type: "response",
    id: query.id,
    flags:
      rcode | (authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) | (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0),
    questions: query.questions,
    answers: [...answers],
    authorities: [...authorities],
    additionals: [...additionals],
  });
}

/** A reply written by hand from the query. */
export function rawReply(reply: FakeReply, change: (bytes: Buffer) => Buffer): RawReply {
  return (query) => [change(replyTo(dnsPacket.decode(query), reply))];
}

/** How the fake listens. */
export interface FakeOptions {
  readonly host?: "127.0.0.1" | "::1";
  /** False: TCP connections are cut at once. */
  readonly tcp?: boolean;
}

export async function startFakeDns({ host = "127.0.0.1", tcp = true }: FakeOptions = {}): Promise<FakeDns> {
  const udp = createSocket(host === "::1" ? "udp6" : "udp4");
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (!tcp) return socket.destroy();
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      for (const reply of fake.answer(received.subarray(2), "tcp")) {
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(reply.length);
        // In two parts, as real networks do.
        socket.write(Buffer.concat([prefix, reply.subarray(0, 5)]));
        setImmediate(() => socket.write(reply.subarray(5)));
      }
    });
    return socket;
  });
  const port = await bindBoth();
  udp.on("message", (bytes, peer) => {
    for (const reply of fake.answer(bytes, "udp")) udp.send(reply, peer.port, peer.address);
  });
  const fake = new FakeDns({ host, port }, async () => {
    udp.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });
  return fake;

  /** A port free for TCP may be taken for UDP by another test; then the next one is tried. */
  async function bindBoth(tries = 20): Promise<number> {
    listener.listen(0, host);
    await once(listener, "listening");
    const { port: free } = listener.address() as AddressInfo;
    try {
      udp.bind(free, host);
      await once(udp, "listening");
      return free;
    } catch (error) {
      await new Promise((resolve) => listener.close(resolve));
      if (tries === 0) throw error;
      return bindBoth(tries - 1);
    }
  }
}

/** An SOA record of a zone. */
export function soa(name: string, minimum = 60): Answer {
  const data = {
    mname: `ns.${name}`,
    rname: `hostmaster.${name}`,
    serial: 7,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum,
  };
  return { type: "SOA", name, ttl: 3600, class: "IN", data };
}

export function txt(name: string, value: string): Answer {
  return { type: "TXT", name, ttl: 60, class: "IN", data: value };
}

export function cname(name: string, target: string): Answer {
  return { type: "CNAME", name, ttl: 60, class: "IN", data: target };
}

export function ns(name: string, target: string): Answer {
  return { type: "NS", name, ttl: 60, class: "IN", data: target };
}

export function a(name: string, address: string): Answer {
  return { type: "A", name, ttl: 60, class: "IN", data: address };
}
