import { describe, expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { certificateMeta } from "../store/certificate-meta.ts";
import { certificateSpec } from "../store/certificate-spec.ts";
import { encodeDocument } from "../store/document.ts";
import { memoryState, memoryStore } from "../store/memory-store.ts";
import type { Run } from "./parts.ts";
import { restAsIssued, restingNow } from "./rest.ts";

const day = 86_400_000;
const issuedAt = Date.UTC(2026, 0, 1);
const after = (days: number): number => issuedAt + days * day;
const fingerprint256 = "ab".repeat(32);

const meta: CertificateMeta = {
  name: "example.com",
  generation: 1,
  identifiers: [
    { type: "dns", value: "example.com" },
    { type: "dns", value: "*.example.com" },
  ],
  keyType: "ec256",
  directoryUrl: "https://ca.example/directory",
  accountUrl: "https://ca.example/account/1",
  issuedAt,
  notBefore: issuedAt,
  notAfter: after(90),
  serial: "01",
  fingerprint256,
  renewalInfo: { certId: "a.b", nextCheck: after(3) },
  targets: [{ target: "copy", wanted: fingerprint256, accepted: { fingerprint256, at: issuedAt }, failures: 0 }],
};

/** Not live at its target, which is not tried before `nextTry`. */
const lastError = { code: "HAPROXY_UNREACHABLE", message: "nobody listens", at: issuedAt };
const late = (nextTry: number): CertificateMeta => ({
  ...meta,
  targets: [{ target: "copy", wanted: fingerprint256, failures: 1, nextTry, lastError }],
});

const spec: CertificateSpec = {
  name: meta.name,
  identifiers: meta.identifiers,
  keyType: "ec256",
  reuseKey: false,
  cas: [{ directoryUrl: meta.directoryUrl }],
  challenges: [],
  dns: {},
  deploy: ["copy"],
};

/** A run over a store with one certificate, that counts what is read. */
async function runOver(stored: CertificateMeta, asked: CertificateSpec, now: number) {
  const reads: string[] = [];
  const store = memoryStore(memoryState());
  await store.write("certificates/example.com/1/meta.json", encodeDocument(certificateMeta, stored));
  await store.write("certificates/example.com/1/spec.json", encodeDocument(certificateSpec, asked));
  await store.point("certificates/example.com/current", "1");
  const counted = {
    ...store,
    readThrough: (pointer: string, leaf: string) => {
      reads.push(leaf);
      return store.readThrough(pointer, leaf);
    },
  };
  const run = { store: counted, world: { now: () => now } } as unknown as Run;
  return {
    reads,
    store,
    restOf: async (wanted: CertificateSpec) => (await restingNow([wanted], run)).get(wanted.name),
    run,
  };
}

describe("a certificate wanted as it was issued", () => {
  test("rests until it is due", () => {
    const askedAt = (now: number) => ({ ...meta, renewalInfo: { certId: "a.b", nextCheck: now + day } });
    expect(restAsIssued(askedAt(after(59)), after(59), {})).toEqual({
      do: "nothing",
      reason: "not due: a third of its life is left",
      next: new Date(after(60)),
    });
    expect(restAsIssued(askedAt(after(60)), after(60), {})).toBeUndefined();
    expect(restAsIssued(meta, after(2), {})).toBeDefined();
  });

  test.each<[string, Partial<CertificateMeta>]>([
    ["revoked", { revoked: { at: issuedAt, reason: "keyCompromise" } }],
    ["not live at a target", { targets: [{ target: "copy", wanted: fingerprint256, failures: 0 }] }],
    ["not live at a target, which is not tried yet", late(after(2) + 60_000)],
    ["suggested by the CA", { renewalInfo: { certId: "a.b", nextCheck: after(3), chosen: after(1) } }],
    ["the CA is to be asked", { renewalInfo: { certId: "a.b", nextCheck: after(1) } }],
    ["the CA was asked while the clock was ahead", { renewalInfo: { certId: "a.b", nextCheck: after(1000) } }],
    ["the clock is behind", { notBefore: after(4) }],
    ["the CA was never asked", { renewalInfo: { certId: "a.b" } }],
  ])("%s: a closer look", (_, changed) => {
    expect(restAsIssued({ ...meta, ...changed }, after(2), {})).toBeUndefined();
  });
});

describe("a certificate wanted as a specification says", () => {
  test("rests where it is the same, and one file tells it", async () => {
    const { reads, restOf } = await runOver(meta, spec, after(2));
    expect(await restOf(spec)).toMatchObject({ next: new Date(after(60)) });
    expect(reads).toEqual(["meta.json"]);
  });

  test.each<[string, Partial<CertificateSpec>]>([
    ["other names", { identifiers: [{ type: "dns", value: "example.com" }] }],
    ["another key type", { keyType: "rsa2048" }],
    ["a profile", { profile: "shortlived" }],
    ["another CA", { cas: [{ directoryUrl: "https://other.example/directory" }] }],
    ["one more target", { deploy: ["copy", "other"] }],
  ])("%s: a closer look", async (_, changed) => {
    const { restOf } = await runOver(meta, spec, after(2));
    expect(await restOf({ ...spec, ...changed })).toBeUndefined();
  });

  test("a profile the CA chose by itself is none that was asked for", async () => {
    const { reads, restOf } = await runOver({ ...meta, profile: "classic" }, spec, after(2));
    expect(await restOf(spec)).toBeDefined();
    expect(await restOf({ ...spec, profile: "classic" })).toBeUndefined();
    expect(reads).toContain("spec.json");
  });

  test("rests while a target that lacks it is not tried yet, and says so; one file tells it", async () => {
    const next = new Date(after(2) + 60_000);
    const { reads, restOf } = await runOver(late(next.getTime()), spec, after(2));
    expect(await restOf(spec)).toMatchObject({ next, waiting: [{ target: "copy", next, lastError }] });
    // What is remembered of a target it goes to no more may be forgotten.
    expect(await restOf({ ...spec, deploy: [] })).toBeUndefined();
    expect(reads).toEqual(["meta.json", "meta.json"]);
  });

  test("one that is not stored: a closer look", async () => {
    const { restOf } = await runOver(meta, spec, after(2));
    expect(await restOf({ ...spec, name: "other.example" })).toBeUndefined();
  });

  test("one that cannot be read: a closer look, and the others rest", async () => {
    const { store, run } = await runOver(meta, spec, after(2));
    await store.write("certificates/torn.example/1/meta.json", Buffer.from("{"));
    await store.point("certificates/torn.example/current", "1");
    const torn = { ...spec, name: "torn.example" };
    expect([...(await restingNow([torn, spec], run)).keys()]).toEqual(["example.com"]);
  });
});
