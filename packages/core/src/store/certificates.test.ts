import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import {
  locateCertificate,
  readCertificate,
  readCertificateMeta,
  readCertificateSpec,
  updateCertificateMeta,
} from "./certificates.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { type IssuedCertificate, saveCertificate } from "./save-certificate.ts";
import type { Store } from "./store.ts";
import { fullSpec, issuedWith } from "./testing/issued.ts";
import { quietStore, temporaryFolder } from "./testing/temporary.ts";

const ca = createTestCa();
const now = Date.UTC(2026, 10, 24);

function issuedFor(name: string, change: Partial<IssuedCertificate> = {}, spec: Partial<CertificateSpec> = {}) {
  const { keyPem, leafPem, chainPem } = ca.issue({ names: [name] });
  return issuedWith({ keyPem, leafPem, chainPem }, name, change, spec);
}

describe("a stored certificate", () => {
  test("is read back whole, with what the leaf says of itself", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    const made = ca.issue({ names: ["*.example.com", "192.0.2.1"] });
    const renewalInfo = {
      ...{ certId: "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE", window: { start: now, end: now + 1000 } },
      ...{ explanationUrl: "https://ca.example/why", chosen: now + 5, nextCheck: now + 6 },
    };
    const issued = { ...issuedFor("x"), spec: fullSpec, ...made, profile: "tlsserver", renewalInfo };
    const meta = await saveCertificate(store, issued, now);
    expect(meta).toEqual({
      ...{
        name: "*.example.com",
        generation: 1,
        identifiers: fullSpec.identifiers,
        keyType: "ec256",
        profile: "tlsserver",
      },
      ...{
        directoryUrl: "https://ca.example/directory",
        accountUrl: "https://ca.example/acct/1",
        issuedAt: now,
        renewalInfo,
      },
      notBefore: Math.floor(made.notBefore.getTime() / 1000) * 1000,
      notAfter: Math.floor(made.notAfter.getTime() / 1000) * 1000,
      serial: made.serial.padStart(made.serial.length + (made.serial.length % 2), "0"),
      fingerprint256: made.fingerprint256,
      targets: fullSpec.deploy.map((each) => ({ target: each, wanted: made.fingerprint256, failures: 0 })),
    });
    const stored = await readCertificate(quietStore(folder.path), "*.example.com");
    expect(stored).toEqual({
      ...{ meta, spec: fullSpec, leafPem: made.leafPem, chainPem: made.chainPem },
      ...{ fullchainPem: made.fullchainPem, keyPem: made.keyPem },
    });
    expect(await readCertificateMeta(store, "*.example.com")).toEqual(meta);
    expect(await readCertificateSpec(store, "*.example.com")).toEqual(fullSpec);
    const path = join(folder.path, "certificates/_wildcard.example.com/current/haproxy.pem");
    expect(locateCertificate(store, "*.example.com", "haproxy.pem")).toBe(path);
    expect(await readFile(path, "utf8")).toBe(made.leafPem + made.chainPem + made.keyPem);
  });

  test.each([
    ["rsa", "rsa2048"],
    ["ecdsa", "ec256"],
  ] as const)("of an %s key says %s", async (keyType, expected) => {
    const issued = issuedFor("a.example.com", ca.issue({ names: ["a.example.com"], keyType }));
    expect((await saveCertificate(memoryStore(), issued, now)).keyType).toBe(expected);
  });

  test("whose key the user keeps has no key file", async () => {
    const store = memoryStore();
    const { keyPem: _, ...issued } = issuedFor("a.example.com");
    await saveCertificate(store, issued, now);
    expect(await readCertificate(store, "a.example.com")).not.toHaveProperty("keyPem");
    expect(await store.list("certificates/a.example.com/1")).toEqual([
      ...["chain.pem", "fullchain.pem", "leaf.pem", "meta.json", "spec.json"],
    ]);
  });

  test("is tidied into PEM that HAProxy reads: line feeds, no blank lines", async () => {
    const store = memoryStore();
    const issued = issuedFor("a.example.com");
    const messy = (pem: string) => `\n\n${pem.replaceAll("\n", "\r\n")}\r\n\r\n`;
    await saveCertificate(
      store,
      {
        ...issued,
        leafPem: messy(issued.leafPem),
        chainPem: messy(issued.chainPem),
        keyPem: messy(issued.keyPem ?? ""),
      },
      now,
    );
    const value = await store.readThrough("certificates/a.example.com/current", "haproxy.pem");
    expect(Buffer.from(value?.bytes ?? []).toString()).toBe(issued.leafPem + issued.chainPem + issued.keyPem);
  });

  test("without intermediates is stored, too", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com", { chainPem: "" }), now);
    expect((await readCertificate(store, "a.example.com"))?.chainPem).toBe("");
  });

  test("that does not fit its key, or is no certificate, is refused, and nothing changes", async () => {
    const state = memoryState();
    const store = memoryStore(state);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    const before = new Map(state.values);
    const other = ca.issue({ names: ["a.example.com"] });
    const refusals = [
      [{ keyPem: other.keyPem }, "CERTIFICATE_KEY_MISMATCH"],
      [{ keyPem: "planted secret" }, "CERTIFICATE_KEY_MISMATCH"],
      [{ leafPem: "<html>busy</html>" }, "CERTIFICATE_UNREADABLE"],
      [{ leafPem: "" }, "CERTIFICATE_UNREADABLE"],
    ] as const;
    for (const [change, code] of refusals) {
      const refused = saveCertificate(store, issuedFor("a.example.com", change), now);
      await expect(refused).rejects.toSatisfy(
        (error: Error & { code: string }) =>
          error.code === code && !`${error.message}${error.cause}`.includes("planted"),
      );
    }
    await expect(saveCertificate(store, issuedFor("a\u0007b", {}, { identifiers: [] }), now)).rejects.toMatchObject({
      code: "STORE_BAD_VALUE",
    });
    expect(state.values).toEqual(before);
  });
});

describe("what is known of a certificate", () => {
  test("changes by several runs at once are all kept", async () => {
    const state = memoryState();
    await saveCertificate(memoryStore(state), issuedFor("a.example.com"), now);
    const bump = (store: Store) =>
      updateCertificateMeta(store, "a.example.com", (meta) => ({
        ...meta,
        targets: meta.targets.map((each) => ({ ...each, failures: each.failures + 1 })),
      }));
    await Promise.all(Array.from({ length: 8 }, () => bump(memoryStore(state))));
    expect((await readCertificateMeta(memoryStore(state), "a.example.com"))?.targets[0]?.failures).toBe(8);
  });

  test("an unchanged value is not written; a certificate that is not there is told so", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    const silent: Store = { ...store, write: () => Promise.reject(new Error("written")) };
    await updateCertificateMeta(silent, "a.example.com", (meta) => meta);
    await expect(updateCertificateMeta(store, "b.example.com", (meta) => meta)).rejects.toMatchObject({
      code: "CERTIFICATE_NOT_FOUND",
      hint: expect.stringContaining("certwright list"),
    });
    expect(await readCertificate(store, "b.example.com")).toBeUndefined();
    expect(await readCertificateMeta(store, "b.example.com")).toBeUndefined();
  });
});

test("private keys are marked as secrets, and nothing else is", async () => {
  const store = memoryStore();
  const secrets: string[] = [];
  const spied: Store = {
    ...store,
    write(key, bytes, options = {}) {
      if (options.secret) secrets.push(key);
      else expect(Buffer.from(bytes).includes("PRIVATE KEY")).toBe(false);
      return store.write(key, bytes, options);
    },
  };
  await saveCertificate(spied, issuedFor("a.example.com"), now);
  expect(secrets.sort()).toEqual(["certificates/a.example.com/1/haproxy.pem", "certificates/a.example.com/1/key.pem"]);
});
