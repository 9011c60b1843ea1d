import { request } from "node:https";

/** Requests made so far, and how many of them failed. */
export interface Traffic {
  readonly made: () => number;
  readonly failed: () => number;
  /** Ends after the requests under way. */
  stop(): Promise<void>;
}

/** Keeps two requests under way, each over a connection and a TLS handshake of its own. */
export function startTraffic(port: number, servername: string): Traffic {
  let made = 0;
  let failed = 0;
  let stopping = false;
  const loop = async (): Promise<void> => {
    while (!stopping) {
      made += 1;
      await once(port, servername).catch(() => {
        failed += 1;
      });
    }
  };
  const loops = [loop(), loop()];
  return {
    made: () => made,
    failed: () => failed,
    stop: async () => {
      stopping = true;
      await Promise.all(loops);
    },
  };
}

function once(port: number, servername: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        servername,
        agent: false,
        rejectUnauthorized: false,
        timeout: 5_000,
        headers: { host: servername },
      },
      (incoming) => {
        incoming.resume();
        incoming.on("end", () =>
          incoming.statusCode === 200 ? resolve() : reject(new Error(`status ${incoming.statusCode}`)),
        );
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("timeout")));
    outgoing.end();
  });
}
