import { connect, createServer, type Socket } from "node:net";

/** A path of the local kind, or a TCP port of 127.0.0.1. */
type Place = string | number;

/**
 * What a proxy does with bytes on their way: pass them (changed or not), cut the connection after passing some, or hold
 * the rest until something has happened.
 */
export type Verdict = {
  readonly pass: Buffer;
  readonly cut?: boolean;
  readonly then?: { readonly after: () => Promise<void>; readonly pass: Buffer };
};

export interface Interference {
  fromClient?(chunk: Buffer): Verdict | Promise<Verdict>;
  fromServer?(chunk: Buffer): Verdict | Promise<Verdict>;
}

/** A socket in front of another, which interferes with each connection as told; `number` counts from 1. */
export async function startProxy(
  target: Place,
  place: Place,
  interfere: (number: number) => Interference,
): Promise<AsyncDisposable & { readonly connections: () => number }> {
  let count = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    count++;
    const upstream = connect(optionsOf(target));
    const { fromClient, fromServer } = interfere(count);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        open.delete(socket);
        cut();
      });
    }
    relay(client, upstream, fromClient, cut);
    relay(upstream, client, fromServer, cut);
  });
  await new Promise<void>((resolve) => server.listen(optionsOf(place), resolve));
  return {
    connections: () => count,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function optionsOf(place: Place) {
  return typeof place === "string" ? { path: place } : { host: "127.0.0.1", port: place };
}

function relay(from: Socket, to: Socket, judge: Interference["fromClient"], cut: () => void): void {
  let queue = Promise.resolve();
  from.on("data", (chunk: Buffer) => {
    queue = queue.then(async () => {
      const verdict = judge ? await judge(chunk) : { pass: chunk };
      if (verdict.pass.length > 0) await new Promise<void>((resolve) => to.write(verdict.pass, () => resolve()));
      if (verdict.cut) cut();
    });
  });
}

/** Cuts the connection after so many bytes in one direction. */
export function cutAfter(bytes: number): (chunk: Buffer) => Verdict {
  let passed = 0;
  return (chunk) => {
    const pass = chunk.subarray(0, Math.max(0, bytes - passed));
    passed += chunk.length;
    return { pass, cut: passed >= bytes };
  };
}
