import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it passed. */
export interface Passed {
  readonly method: string;
  /** Without the bucket, decoded. */
  readonly path: string;
  /** As they came. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

/** What befalls a request instead of being passed on as it is. */
export type Fault =
  /** An answer as Amazon S3 words it. */
  | { readonly status: number; readonly code: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends: before the request is passed on, or when the service has done it but before its answer is whole. */
  | "cut-before"
  | "cut-after"
  /** A service that takes conditions and ignores them. */
  | "unconditional"
  /** What is there was put there ten minutes ago. */
  | "aged";

/** Between a client and an S3 service: counts what passes, and does harm where it is told to. */
export async function startS3Proxy(service: string) {
  const passed: Passed[] = [];
  let fault: (passing: Passed) => Fault | undefined = () => undefined;
  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? "", service);
    const path = decodeURIComponent(pathname).split("/").slice(2).join("/");
    const listed = searchParams.get("prefix");
    const { method = "", url = "", headers } = incoming;
    const passing = { method: listed === null ? method : "LIST", path: listed ?? path, url, headers };
    passed.push(passing);
    pass(service, incoming, outgoing, fault(passing));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** What passed since the last call. */
    take: (): readonly Passed[] => passed.splice(0),
    set fault(next: typeof fault) {
      fault = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(service: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
  if (fault === "cut-before") {
    incoming.socket.destroy();
    return;
  }
  if (typeof fault === "object") {
    incoming.resume().once("end", () => {
      outgoing.writeHead(fault.status, { "content-type": "application/xml", ...fault.headers });
      outgoing.end(
        `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>No.</Message></Error>`,
      );
    });
    return;
  }
  const headers = { ...incoming.headers };
  if (fault === "unconditional") {
    delete headers["if-match"];
    delete headers["if-none-match"];
  }
  const onward = request(new URL(incoming.url ?? "", service), { method: incoming.method, headers }, (answer) => {
    if (fault === "cut-after") {
      answer.resume().once("end", () => incoming.socket.destroy());
      return;
    }
    const aged = fault === "aged" && answer.headers["last-modified"] !== undefined;
    const told = aged ? { "last-modified": new Date(Date.now() - 600_000).toUTCString() } : {};
    outgoing.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...told });
    answer.pipe(outgoing);
  });
  onward.once("error", () => incoming.socket.destroy());
  incoming.pipe(onward);
}
