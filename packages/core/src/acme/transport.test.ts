import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { startFakeAcme, startPlainHttp } from "./testing/fake-acme.ts";
import { selfSigned } from "./testing/fake-certificates.ts";
import { failure } from "./testing/setup.ts";
import { type AcmeRequestEvent, createTransport, type Transport, type TransportOptions } from "./transport.ts";

const base = { userAgent: "certwright/test", clock: () => performance.now() };

function get(transport: Transport, url: string, signal?: AbortSignal) {
  return transport.send({ method: "GET", url: new URL(url), signal });
}

/** A transport and a fake CA, closed together. */
async function open(options: Partial<TransportOptions> = {}) {
  const fake = await startFakeAcme();
  const transport = createTransport({ ...base, caPem: fake.caPem, ...options });
  return {
    fake,
    transport,
    [Symbol.asyncDispose]: async () => {
      transport.close();
      await fake.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("answers come back whole, whatever their status, and each request is told of without its content", async () => {
  const events: AcmeRequestEvent[] = [];
  await using setup = await open({ onRequest: (event) => events.push(event) });
  const { fake, transport } = setup;
  fake.fault("directory", undefined, (reply) => ({ ...reply, status: 418 }));
  expect(JSON.parse((await get(transport, fake.directoryUrl)).body)).toHaveProperty("newNonce");
  expect((await get(transport, fake.directoryUrl)).status).toBe(418);
  expect(events).toEqual([
    { method: "GET", url: fake.directoryUrl, status: 200, ms: expect.any(Number) },
    { method: "GET", url: fake.directoryUrl, status: 418, ms: expect.any(Number) },
  ]);
});

test("one connection carries many requests", async () => {
  await using setup = await open();
  const { fake, transport } = setup;
  for (let round = 0; round < 5; round++) {
    await get(transport, fake.directoryUrl);
    await transport.send({ method: "HEAD", url: new URL(`${fake.origin}/nonce`) });
  }
  expect(fake.connections()).toBe(1);
});

test("a server without a trusted certificate is refused with the way out", async () => {
  await using setup = await open({ caPem: rootCertificates[0] ?? "" });
  const error = await failure(get(setup.transport, setup.fake.directoryUrl));
  expect(error).toMatchObject({ code: "ACME_TLS_UNTRUSTED", retryable: false, uncertain: false });
  expect(error.hint).toContain("--ca-file");
});

test("a certificate for another name is refused", async () => {
  const { certificate, key } = await selfSigned(["other.example"]);
  const server = createTlsServer({ cert: certificate, key });
  const port = await listen(server);
  const error = await failure(get(createTransport({ ...base, caPem: certificate }), `https://127.0.0.1:${port}/dir`));
  server.close();
  expect(error).toMatchObject({ code: "ACME_TLS_UNTRUSTED" });
  expect(error.message).toContain("for another host name");
});

test("nobody listens", async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const transport = createTransport(base);
  const error = await failure(get(transport, `https://127.0.0.1:${port}/dir`));
  expect(error).toMatchObject({
    code: "ACME_UNREACHABLE",
    host: `127.0.0.1:${port}`,
    retryable: true,
    uncertain: false,
  });
  expect(error.message).toContain("ECONNREFUSED");
});

test("a port that does not speak TLS", async () => {
  const plain = await startPlainHttp();
  const error = await failure(get(createTransport(base), `https://127.0.0.1:${plain.port}/dir`));
  await plain.close();
  expect(error).toMatchObject({ code: "ACME_UNREACHABLE", retryable: false });
  expect(error.message).toContain("does not speak TLS");
});

test("a host that takes the connection and says nothing", async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket));
  const port = await listen(silent);
  const transport = createTransport({ ...base, connectMs: 50 });
  const error = await failure(get(transport, `https://127.0.0.1:${port}/dir`));
  for (const socket of sockets) socket.destroy();
  silent.close();
  expect(error).toMatchObject({ code: "ACME_TIMEOUT", uncertain: false });
});

test.each(["idleMs", "totalMs"] as const)("an answer that stalls ends by the limit %s", async (limit) => {
  await using setup = await open();
  const { fake } = setup;
  const options: { idleMs?: number; totalMs?: number } & TransportOptions = { ...base, caPem: fake.caPem };
  const transport = createTransport(options);
  await get(transport, fake.directoryUrl);
  // The connection stands, so that nothing but the answer can be late.
  options[limit] = 100;
  fake.fault("directory", "stall");
  expect(await failure(get(transport, fake.directoryUrl))).toMatchObject({ code: "ACME_TIMEOUT", uncertain: true });
  // However busy the machine was: it had been sent.
  await expect.poll(() => fake.requests).toHaveLength(2);
  transport.close();
});

test("an answer that is cut off is an error, not half an answer", async () => {
  await using setup = await open();
  setup.fake.fault("directory", "truncate", "drop");
  const cut = { code: "ACME_UNREACHABLE", retryable: true, uncertain: true };
  expect(await failure(get(setup.transport, setup.fake.directoryUrl))).toMatchObject(cut);
  expect(await failure(get(setup.transport, setup.fake.directoryUrl))).toMatchObject(cut);
});

test("what waited for a connection in use counts as sent, and may have come to pass", async () => {
  await using setup = await open({ connections: 1 });
  const { fake, transport } = setup;
  fake.fault("directory", undefined, "drop");
  const [first, error] = await Promise.all([
    get(transport, fake.directoryUrl),
    failure(get(transport, fake.directoryUrl)),
  ]);
  expect(first.status).toBe(200);
  expect(error).toMatchObject({ code: "ACME_UNREACHABLE", uncertain: true });
  expect(fake.connections()).toBe(1);
});

test("an answer without end is not read to its end", async () => {
  await using setup = await open({ bodyBytes: 10_000 });
  setup.fake.fault("directory", (reply) => ({ ...reply, body: "x".repeat(5_000_000) }));
  expect(await failure(get(setup.transport, setup.fake.directoryUrl))).toMatchObject({ code: "ACME_ANSWER_TOO_LARGE" });
});

test("the signal stops a request under way, and keeps its reason", async () => {
  await using setup = await open();
  setup.fake.fault("directory", "stall");
  const stop = new AbortController();
  const stopped = failure(get(setup.transport, setup.fake.directoryUrl, stop.signal));
  await expect.poll(() => setup.fake.requests).toHaveLength(1);
  stop.abort(new Error("enough"));
  expect((await stopped).message).toBe("enough");
  expect((await failure(get(setup.transport, setup.fake.directoryUrl, stop.signal))).message).toBe("enough");
});

test("a redirect is an answer, not an order", async () => {
  await using setup = await open();
  const { fake, transport } = setup;
  fake.fault("directory", (reply) => ({ ...reply, status: 302, headers: { Location: "https://127.0.0.1:1/" } }));
  expect((await get(transport, fake.directoryUrl)).status).toBe(302);
  expect(fake.requests).toHaveLength(1);
});

test("a proxy is asked to connect", async () => {
  const asked: string[] = [];
  await using setup = await open();
  const proxy = createServer((socket) => {
    socket.once("data", (head) => {
      asked.push(head.toString().split("\r\n")[0] ?? "");
      const { hostname, port } = new URL(setup.fake.origin);
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
  });
  const port = await listen(proxy);
  const transport = createTransport({
    ...base,
    caPem: setup.fake.caPem,
    proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
  });
  expect((await get(transport, setup.fake.directoryUrl)).status).toBe(200);
  expect(asked).toEqual([`CONNECT ${new URL(setup.fake.origin).host} HTTP/1.1`]);
  transport.close();
  proxy.close();
});
