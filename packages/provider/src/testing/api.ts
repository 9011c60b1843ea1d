import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHostCheck } from "../hosts.ts";
import type { HttpOptions } from "../http.ts";
import { httpClient } from "../http-client.ts";
import type { HttpWorld, RequestEvent } from "../http-world.ts";
import { createMasker } from "../mask.ts";

/** One scripted answer. */
export type Answer = (request: IncomingMessage & { body: string }, response: ServerResponse) => void;
const closing: (() => Promise<void>)[] = [];

/** Stops the servers of a test and fails it for requests it did not expect or did not make; call it in `afterEach`. */
export async function closeApis(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

/** A real server that gives one scripted answer per request and counts an unexpected or an unused one as a failure. */
export async function api(...answers: Answer[]) {
  const seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  let unexpected = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      const answer = answers.shift();
      if (answer === undefined) unexpected++;
      if (answer === undefined) response.writeHead(599).end();
      else answer(Object.assign(request, { body }), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual({ unexpected, unused: answers.length }, { unexpected: 0, unused: 0 });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

/** A client for that server, with a clock that moves only by sleeping. */
export function client(url: string, options: HttpOptions = {}, change: Partial<HttpWorld> = {}) {
  const slept: number[] = [];
  const events: RequestEvent[] = [];
  let now = Date.UTC(2026, 0, 1);
  const http = httpClient(
    {
      provider: "acme",
      name: "Acme DNS",
      permissions: "DNS write on the zone.",
      options: {
        token: { description: "x", env: ["ACME_TOKEN"], secret: true },
        account: { description: "y", env: ["ACME_ACCOUNT"] },
      },
      endpoint: url,
      allow: createHostCheck({ urls: [url], hosts: [] }),
      mask: createMasker(["hunter22"]),
      fetch: globalThis.fetch,
      signal: new AbortController().signal,
      now: () => now,
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        now += milliseconds;
      },
      random: () => 0.5,
      onRequest: (event) => events.push(event),
      ...change,
    },
    options,
  );
  return { http, slept, events };
}

export const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
export const raw =
  (status: number, type: string, text: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, { "content-type": type, ...headers }).end(text);
export const cut: Answer = (request) => request.socket.destroy();

/** An address where nothing listens. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}
