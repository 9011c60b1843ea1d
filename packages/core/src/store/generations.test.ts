import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import type { TargetState } from "./certificate-meta.ts";
import { readCertificate, readCertificateMeta, updateCertificateMeta } from "./certificates.ts";
import { currentPointer, storedGenerations } from "./generations.ts";
import { memoryStore } from "./memory-store.ts";
import { type IssuedCertificate, saveCertificate } from "./save-certificate.ts";
import { issuedWith, target } from "./testing/issued.ts";
import { quietStore, temporaryFolder } from "./testing/temporary.ts";

const ca = createTestCa();
const now = Date.UTC(2026, 10, 24);

function issuedFor(name: string, change: Partial<IssuedCertificate> = {}, spec: Partial<CertificateSpec> = {}) {
  const { keyPem, leafPem, chainPem } = ca.issue({ names: [name] });
  return issuedWith({ keyPem, leafPem, chainPem }, name, change, spec);
}

describe("generations", () => {
  test("are counted up; the last five stay; what is current changes in one step", async () => {
    const store = memoryStore();
    const saved = [];
    for (let index = 0; index < 7; index += 1)
      saved.push(await saveCertificate(store, issuedFor("a.example.com"), now + index));
    expect(saved.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await storedGenerations(store, "a.example.com")).toEqual([3, 4, 5, 6, 7]);
    expect((await readCertificate(store, "a.example.com"))?.meta).toEqual(saved[6]);
    expect((await readCertificate(store, "a.example.com", 4))?.meta).toEqual(saved[3]);
    expect(await readCertificate(store, "a.example.com", 2)).toBeUndefined();
  });

  test("that a person went back from are not written over: the next one still is the highest", async () => {
    const store = memoryStore();
    const first = await saveCertificate(store, issuedFor("a.example.com"), now);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await store.point(currentPointer("a.example.com"), "1");
    expect(await readCertificateMeta(store, "a.example.com")).toEqual(first);
    expect((await saveCertificate(store, issuedFor("a.example.com"), now)).generation).toBe(3);
    expect((await readCertificateMeta(store, "a.example.com"))?.generation).toBe(3);
  });

  test("that several runs save at once are all whole, and the highest is current", async () => {
    await using folder = await temporaryFolder();
    const issued = Array.from({ length: 4 }, () => issuedFor("a.example.com"));
    const saved = await Promise.all(issued.map((each) => saveCertificate(quietStore(folder.path), each, now)));
    expect(saved.map(({ generation }) => generation).sort()).toEqual([1, 2, 3, 4]);
    const store = quietStore(folder.path);
    for (const [index, meta] of saved.entries()) {
      expect(await readCertificate(store, "a.example.com", meta.generation)).toMatchObject({
        leafPem: issued[index]?.leafPem,
      });
    }
    expect((await readCertificateMeta(store, "a.example.com"))?.generation).toBe(4);
  });

  test("carry over what each target had taken and served, and want the new leaf", async () => {
    const store = memoryStore();
    const first = await saveCertificate(store, issuedFor("a.example.com"), now);
    const seen = { fingerprint256: first.fingerprint256, at: now + 1 };
    await updateCertificateMeta(store, "a.example.com", (meta) => ({
      ...meta,
      targets: meta.targets.map(
        (state): TargetState =>
          state.target === target
            ? { ...state, accepted: seen, served: seen }
            : { ...state, failures: 3, nextTry: now + 9, lastError: { code: "X", message: "no\u0007", at: now } },
      ),
    }));
    const second = await saveCertificate(
      store,
      issuedFor("a.example.com", {}, { deploy: [target, "exec:/usr/local/bin/reload", "new"] }),
      now,
    );
    expect(second.targets).toEqual([
      { target, wanted: second.fingerprint256, accepted: seen, served: seen, failures: 0 },
      { target: "exec:/usr/local/bin/reload", wanted: second.fingerprint256, failures: 0 },
      { target: "new", wanted: second.fingerprint256, failures: 0 },
    ]);
  });

  test("of which the old one is damaged do not keep a new one out", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await store.write("certificates/a.example.com/1/meta.json", Buffer.from(""));
    expect((await saveCertificate(store, issuedFor("a.example.com"), now)).generation).toBe(2);
    await store.write("certificates/a.example.com/2/meta.json", Buffer.from('{"format":2}'));
    await expect(saveCertificate(store, issuedFor("a.example.com"), now)).rejects.toMatchObject({
      code: "STORE_NEWER_FORMAT",
    });
  });

  test("switch under a reader that reads all the time, and it never sees half of one", async () => {
    await using folder = await temporaryFolder();
    const [writer, reader] = [quietStore(folder.path), quietStore(folder.path)];
    const issued = Array.from({ length: 8 }, () => issuedFor("a.example.com"));
    const pairs = new Map(issued.map(({ leafPem, keyPem }) => [leafPem, keyPem]));
    await saveCertificate(writer, issued[0] as IssuedCertificate, now);
    let saving = true;
    const saved = (async () => {
      for (const each of issued) await saveCertificate(writer, each, now);
      saving = false;
    })();
    let reads = 0;
    for (; saving; reads += 1) {
      const stored = await readCertificate(reader, "a.example.com");
      expect(pairs.get(stored?.leafPem ?? "")).toBe(stored?.keyPem);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await saved;
    expect(reads).toBeGreaterThan(1);
  });
});
