import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A server that keeps the JSON posted to it. */
export async function startWebhook() {
  const notices: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    notices.push({ ...JSON.parse(await text(request)), authorization: request.headers.authorization });
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    notices,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
