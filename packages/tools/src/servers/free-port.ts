import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// Below the range Linux takes outgoing ports from, so that no connection grabs a port between choice and use.
const lowest = 15_000;
const highest = 32_000;
const blockSize = 50;

/** What is left of the block this process has to itself. */
const ours: number[] = [];

/**
 * A port free for TCP and UDP on 127.0.0.1 and (where there is IPv6) ::1; never given twice, nor to another process that
 * asks here: each takes its ports from a block whose first one it keeps to itself as long as it runs.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    const port = ours.shift();
    if (port === undefined) await claimBlock();
    else if ((await tcpFree(port, "127.0.0.1")) && (await tcpFree(port, "::1")) && (await udpFree(port))) return port;
  }
  throw new Error("no free port found on 127.0.0.1");
}

/** Takes a block of ports, unless it is another process's. */
function claimBlock(): Promise<void> {
  const first = lowest + blockSize * Math.floor(Math.random() * ((highest - lowest) / blockSize));
  return new Promise((resolve) => {
    const claim = createServer().unref();
    claim.once("error", () => resolve());
    claim.listen({ port: first, host: "127.0.0.1", exclusive: true }, () => {
      ours.push(...Array.from({ length: blockSize - 1 }, (_, index) => first + 1 + index));
      resolve();
    });
  });
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
