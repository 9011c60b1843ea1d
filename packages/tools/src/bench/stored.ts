import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CertificateSpec } from "@certwright/core";
import { fileStore, memoryState, memoryStore, readCertificate, saveCertificate } from "@certwright/core/store";
import { createTestCa, type TestCertificate } from "../test-ca.ts";

const day = 86_400_000;
/** Of the CA, which is never asked: what it said of renewals is fresh. */
const directoryUrl = "https://ca.bench.test/directory";

/**
 * A state directory with so many certificates, a hundredth of them due, as `saveCertificate` stores them. It saves each
 * to memory, and the bytes are written from there without flushing one by one, which would take the better part of an hour.
 *
 * @returns the names
 * @throws where what the file store reads back is not what was saved
 */
export async function storeMany(directory: string, count: number, now = Date.now()): Promise<readonly string[]> {
  const store = fileStore(directory, { now: () => now, warn: () => undefined });
  // The first is written by the store itself, with all that belongs to a state directory.
  const leaves = manyLeaves(now);
  await saveCertificate(store, stored("certificate-0.bench.test", leaves, 0, now), now);
  const names = Array.from({ length: count }, (_, index) => `certificate-${index}.bench.test`);
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    const state = memoryState();
    await saveCertificate(memoryStore(state), stored(name, leaves, index, now), now);
    for (const [key, bytes] of state.values) put(join(directory, key), bytes);
    if (index % (count / 100) < 1) await assertSame(state, store, name);
  }
  return names;
}

/** A hundred leaves of all ages; the last one is due. */
function manyLeaves(now: number): readonly TestCertificate[] {
  const ca = createTestCa("Bench");
  return Array.from({ length: 100 }, (_, age) => {
    const notBefore = new Date(now - (age === 99 ? 70 : age / 2) * day);
    return ca.issue({
      names: ["certificate.bench.test"],
      notBefore,
      notAfter: new Date(notBefore.getTime() + 90 * day),
    });
  });
}

function stored(name: string, leaves: readonly TestCertificate[], index: number, now: number) {
  const leaf = leaves[index % leaves.length];
  if (leaf === undefined) throw new TypeError("there are no leaves");
  const spec: CertificateSpec = {
    name,
    identifiers: [{ type: "dns", value: name }],
    keyType: "ec256",
    reuseKey: false,
    cas: [{ directoryUrl }],
    challenges: [{ type: "dns-01", provider: "rfc2136", instance: "rfc2136", options: { nameserver: "192.0.2.53" } }],
    dns: { followAlias: true, aliases: {}, propagation: { mode: "check" } },
    deploy: [],
  };
  return {
    spec,
    leafPem: leaf.leafPem,
    chainPem: leaf.chainPem,
    keyPem: leaf.keyPem,
    directoryUrl,
    accountUrl: "https://ca.bench.test/account/1",
    renewalInfo: { certId: "YmVuY2g.YmVuY2g", nextCheck: now + day },
  };
}

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (path.endsWith("/current")) symlinkSync(Buffer.from(bytes).toString(), path, "dir");
  else writeFileSync(path, bytes, { mode: 0o600 });
}

async function assertSame(state: ReturnType<typeof memoryState>, store: ReturnType<typeof fileStore>, name: string) {
  const [saved, read] = await Promise.all([readCertificate(memoryStore(state), name), readCertificate(store, name)]);
  if (saved === undefined || JSON.stringify(saved) !== JSON.stringify(read))
    throw new Error(`${name} is read back otherwise than it was saved`);
}
