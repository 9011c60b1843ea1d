import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const given = new Set<number>();
// Below the range Linux takes outgoing ports from, so that no connection grabs a port between choice and use.
const lowest = 15_000;
const highest = 32_000;

/** A port free for TCP and UDP on 127.0.0.1 and (where there is IPv6) ::1; never given twice by one process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if ((await tcpFree(port, "127.0.0.1")) && (await tcpFree(port, "::1")) && (await udpFree(port))) return port;
  }
  throw new Error("no free port found on 127.0.0.1");
}

function tcpFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(host === "::1" && error.code !== "EADDRINUSE"));
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
