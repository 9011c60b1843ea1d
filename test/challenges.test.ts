import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { type CertificateSpec, type ChallengeSpec, renew } from "@certwright/core";
import pdns from "@certwright/dns-pdns";
import { createStandaloneSolver, createWebrootSolver } from "@certwright/http-01";
import { createTlsAlpnSolver } from "@certwright/tls-alpn-01";
import { freePort, startChalltestsrv, startPebble, startPowerdns, withTempDir } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { type EngineOptions, specFor, startEngine } from "./engine.ts";

const plain = { force: false, dryRun: false };

/** Issues for names at a Pebble that resolves every name to this machine. */
async function issueWith(
  names: readonly string[],
  challenges: readonly ChallengeSpec[],
  options: {
    readonly httpPort?: number;
    readonly tlsPort?: number;
    readonly dnsServer?: string;
    readonly engine?: Partial<EngineOptions>;
    readonly spec?: Partial<CertificateSpec> & { nameserver?: string };
  },
) {
  await using names4 = await startChalltestsrv();
  await using ca = await startPebble({
    dnsServer: options.dnsServer ?? names4.dns,
    ...(options.httpPort === undefined ? {} : { httpPort: options.httpPort }),
    ...(options.tlsPort === undefined ? {} : { tlsPort: options.tlsPort }),
  });
  await using engine = await startEngine({
    dns: options.dnsServer ?? names4.dns,
    caPem: await readFile(ca.caFile, "utf8"),
    ...options.engine,
  });
  const results = await renew(
    [specFor(names, { directoryUrl: ca.directoryUrl }, { challenges, ...options.spec })],
    plain,
    await engine.run(),
  );
  return { results, events: engine.events };
}

test.each([
  ["names", ["a.example.test", "b.example.test"]],
  ["an IPv4 address", ["127.0.0.1"]],
  ["an IPv6 address", ["::1"]],
])("http-01 by its own server, for %s", async (_what, names) => {
  const httpPort = await freePort();
  const solver = createStandaloneSolver({ port: httpPort });
  const { results, events } = await issueWith(names, [{ type: "http-01" }], {
    httpPort,
    engine: { solver: () => solver },
  });
  expect(results, JSON.stringify(events)).toMatchObject([{ outcome: "issued" }]);
  await expect(fetch(`http://127.0.0.1:${httpPort}/`)).rejects.toThrow();
});

test.each([
  ["a name", ["a.example.test"]],
  ["an IPv4 address", ["127.0.0.1"]],
  ["an IPv6 address", ["::1"]],
])("tls-alpn-01 for %s", async (_what, names) => {
  const tlsPort = await freePort();
  const solver = createTlsAlpnSolver({ port: tlsPort }, Date.now);
  const { results, events } = await issueWith(names, [{ type: "tls-alpn-01" }], {
    tlsPort,
    engine: { solver: () => solver },
  });
  expect(results, JSON.stringify(events)).toMatchObject([{ outcome: "issued" }]);
});

test("http-01 by the files of a web server, which are gone afterwards", async () => {
  await withTempDir(async (root) => {
    const httpPort = await freePort();
    const server = createServer((request, response) => {
      readFile(join(root, new URL(request.url ?? "/", "http://x").pathname)).then(
        (file) => response.end(file),
        () => response.writeHead(404).end(),
      );
    }).listen(httpPort, "127.0.0.1");
    try {
      const webroot = (journal: Parameters<typeof createWebrootSolver>[0]["journal"]) =>
        createWebrootSolver({ directory: root, journal, now: Date.now });
      const { results, events } = await issueWith(["a.example.test"], [{ type: "http-01", webroot: root }], {
        httpPort,
        engine: { solver: (_challenge, journal) => webroot(journal) },
      });
      expect(results, JSON.stringify(events)).toMatchObject([{ outcome: "issued" }]);
      expect(await readdir(root)).toEqual([]);
    } finally {
      server.close();
    }
  });
});

const dnsThenHttp = [{ type: "dns-01", provider: "pdns" }, { type: "http-01" }] as const;

test("a name no DNS provider serves is proved by http-01 in the same order", async () => {
  await using dns = await startPowerdns({ zones: ["example.test"] });
  const httpPort = await freePort();
  const solver = createStandaloneSolver({ port: httpPort });
  const { results, events } = await issueWith(["a.example.test", "b.other.test"], dnsThenHttp, {
    httpPort,
    engine: {
      dns: dns.address,
      providers: [pdns],
      options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
      solver: () => solver,
    },
    spec: {
      nameserver: dns.address,
      dns: { nameservers: [dns.address], followAlias: false, propagation: { mode: "check", seconds: 5 } },
    },
  });
  // Pebble asks another name server, so it refuses even the name whose record is there: that one needs a new order.
  expect(results, JSON.stringify(events)).toMatchObject([{ outcome: "issued" }]);
  expect(events.filter(({ type }) => type === "order.created")).toHaveLength(2);
  expect(events.filter((event) => event.type === "challenge.failed")).toMatchObject([
    { identifier: { value: "b.other.test" }, code: "DNS_NO_PROVIDER", next: expect.stringContaining("http-01") },
    { identifier: { value: "a.example.test" }, challenge: "dns-01", next: expect.stringContaining("http-01") },
  ]);
  expect(events.filter(({ type }) => type === "txt.removed")).toHaveLength(1);
});

test("a name nothing can prove fails by name with the CA's reason, and leaves nothing", async () => {
  const httpPort = await freePort();
  const solver = createStandaloneSolver({ port: await freePort() });
  const { results } = await issueWith(["a.example.test"], [{ type: "http-01" }], {
    httpPort,
    engine: { solver: () => solver },
  });
  expect(results).toMatchObject([
    {
      outcome: "failed",
      error: { code: "CHALLENGE_FAILED", message: expect.stringContaining("a.example.test by http-01") },
    },
  ]);
});
