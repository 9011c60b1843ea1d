import { expect, test } from "vitest";
import type { CertwrightEvent } from "../events.ts";
import type { CertificateSpec } from "../spec.ts";
import type { NewEffect } from "../store/effects.ts";
import { openJournal } from "../store/journal.ts";
import { memoryState, memoryStore } from "../store/memory-store.ts";
import type { Run } from "./parts.ts";
import { undoLeft } from "./sweep.ts";

const spec = {
  name: "a.test",
  challenges: [{ type: "dns-01", provider: "bind" }],
} as unknown as CertificateSpec;

const record = (certificate: string): NewEffect => ({
  kind: "dns-txt",
  where: "bind",
  zone: certificate,
  name: `_acme-challenge.${certificate}`,
  value: "x",
  certificate,
});

/** A run with a record of two certificates each, whose DNS is away until `dns.isThere`. */
async function startRun() {
  const store = memoryStore(memoryState());
  const { signal } = new AbortController();
  const journal = await openJournal(store, signal);
  await journal.record([record("a.test"), record("b.test")], 0);
  const dns = { isThere: false };
  const events: CertwrightEvent[] = [];
  const remove = async () => {
    if (!dns.isThere) throw new Error("no answer");
  };
  const binding = { zone: { id: "z", name: "a.test" }, handle: { remove } };
  const run = {
    store,
    journal,
    parts: { dnsBinding: async () => binding },
    world: { now: () => 0, signal, emit: (event: CertwrightEvent) => events.push(event) },
  } as unknown as Run;
  const left = () => journal.pending().map(({ certificate }) => certificate);
  return { run, store, dns, events, left, signal };
}

test("what a service could not undo of one certificate is undone when its DNS is back, and no other's", async () => {
  const { run, dns, events, left } = await startRun();
  await undoLeft(spec, run);
  expect(left()).toEqual(["a.test", "b.test"]);
  expect(events).toMatchObject([{ code: "LEFT_OVER", certificate: "a.test" }]);
  dns.isThere = true;
  await undoLeft(spec, run);
  expect(left()).toEqual(["b.test"]);
  expect(events.at(-1)).toMatchObject({ type: "txt.removed", records: [{ name: "_acme-challenge.a.test" }] });
});

test("nothing is undone while another run works on the certificate: its values may be the same", async () => {
  const { run, store, dns, left, signal } = await startRun();
  dns.isThere = true;
  const lease = await store.lease("certificates/a.test", { signal });
  await undoLeft(spec, run);
  expect(left()).toEqual(["a.test", "b.test"]);
  await lease.release();
  await undoLeft(spec, run);
  expect(left()).toEqual(["b.test"]);
});
