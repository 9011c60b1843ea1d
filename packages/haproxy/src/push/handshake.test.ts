import type { AddressInfo } from "node:net";
import { createServer as createPlainServer } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { addressOf, shakeHands } from "./handshake.ts";

const ca = createTestCa("Handshake");
const ecdsa = ca.issue({ names: ["a.test"] });
const rsa = ca.issue({ names: ["a.test"], keyType: "rsa" });
const options = { signal: new AbortController().signal, timeout: 60_000, keyType: "ecdsa" as const };

async function serving<T>(tls: TlsOptions | undefined, use: (port: number) => Promise<T>): Promise<T> {
  const server = tls ? createServer(tls) : createPlainServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

test("shows the certificate of the key type asked for, whoever signed it", async () => {
  const both = { key: [ecdsa.keyPem, rsa.keyPem], cert: [ecdsa.fullchainPem, rsa.fullchainPem] };
  await serving(both, async (port) => {
    const point = { host: "127.0.0.1", port, sni: "a.test" };
    expect(await shakeHands(point, options)).toEqual({ kind: "certificate", fingerprint256: ecdsa.fingerprint256 });
    expect(await shakeHands(point, { ...options, keyType: "rsa" })).toEqual({
      kind: "certificate",
      fingerprint256: rsa.fingerprint256,
    });
  });
});

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "one that wants a certificate from its clients shows its own (%s)",
  async (version) => {
    const strict = { requestCert: true, ca: ca.rootPem, minVersion: version, maxVersion: version };
    await serving({ ...strict, key: ecdsa.keyPem, cert: ecdsa.fullchainPem }, async (port) => {
      const shown = await shakeHands({ host: "127.0.0.1", port, sni: "a.test" }, options);
      expect(shown).toEqual({ kind: "certificate", fingerprint256: ecdsa.fingerprint256 });
    });
  },
);

test("says why there is none", async () => {
  const failure = await serving({ key: rsa.keyPem, cert: rsa.fullchainPem }, (port) =>
    shakeHands({ host: "127.0.0.1", port }, options),
  );
  expect(failure).toMatchObject({ kind: "failed", reason: expect.stringMatching(/HANDSHAKE_FAILURE/) });
  const closed = await serving(undefined, async (port) => port);
  expect(await shakeHands({ host: "127.0.0.1", port: closed }, options)).toEqual({
    kind: "failed",
    reason: "ECONNREFUSED",
  });
});

test("does not wait for ever, and not at all when aborted", async () => {
  await serving(undefined, async (port) => {
    const point = { host: "127.0.0.1", port };
    expect(await shakeHands(point, { ...options, timeout: 50 })).toMatchObject({ kind: "failed" });
    const controller = new AbortController();
    const shaking = shakeHands(point, { ...options, signal: controller.signal });
    controller.abort(new Error("Ctrl-C"));
    await expect(shaking).rejects.toThrow("Ctrl-C");
  });
});

test("addresses for people", () => {
  expect([addressOf({ host: "::1", port: 443 }), addressOf({ host: "lb", port: 1 })]).toEqual(["[::1]:443", "lb:1"]);
});
