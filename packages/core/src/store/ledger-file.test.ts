import { describe, expect, test } from "vitest";
import { hold, type Ledger, pauseName } from "./ledger.ts";
import { openLedger, takeSlot } from "./ledger-file.ts";
import { letsEncryptLimits } from "./limits.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import type { OrderRequest } from "./order-request.ts";
import type { Store } from "./store.ts";

const url = "https://acme-v02.api.letsencrypt.org/directory";
const key = "ledger/acme-v02.api.letsencrypt.org_2fdirectory.json";
const now = Date.UTC(2026, 10, 24);
const clock = () => now;
const note = (certificate: string) => (ledger: Ledger) =>
  [hold(ledger, { certificate }, 60, "busy", now), certificate] as const;
/** Certificates that are noted. */
const noted = ({ holds }: Ledger) => Object.keys(holds).map((key) => key.split(" ")[1]);

function request(certificate: string): OrderRequest {
  return { certificate, account: "a", identifiers: [{ type: "dns", value: certificate }], domains: ["example.com"] };
}

/** A store that counts its writes. */
function counting(store: Store): Store & { writes: number } {
  const counted = {
    ...store,
    writes: 0,
    write(...args: Parameters<Store["write"]>) {
      counted.writes += 1;
      return store.write(...args);
    },
  };
  return counted;
}

test("a ledger starts empty and keeps what is put into it, for every run", async () => {
  const state = memoryState();
  const [one, other] = [openLedger(memoryStore(state), url, clock), openLedger(memoryStore(state), url, clock)];
  expect((await one.read()).holds).toEqual({});
  expect(await one.update(note("a.example.com"))).toBe("a.example.com");
  await other.update((ledger) => [hold(ledger, "ca", 60, "busy\u0007\nnow", now), undefined]);
  expect(await one.read()).toMatchObject({
    directoryUrl: url,
    holds: {
      "certificate a.example.com": { until: now + 60_000, reason: "busy" },
      ca: { until: now + 60_000, reason: "busy now" },
    },
  });
  expect([...state.values.keys()]).toEqual([key]);
});

test("ledgers of two CAs are apart", async () => {
  const store = memoryStore();
  await openLedger(store, url, clock).update(note("a"));
  expect(noted(await openLedger(store, "https://ca.example/directory", clock).read())).toEqual([]);
});

test("changes made at once by several runs are all kept", async () => {
  const state = memoryState();
  const files = Array.from({ length: 5 }, () => openLedger(memoryStore(state), url, clock));
  await Promise.all(
    files.flatMap((file, run) => Array.from({ length: 10 }, (_, index) => file.update(note(`${run}-${index}`)))),
  );
  for (const file of files) expect(noted(await file.read())).toHaveLength(50);
});

test("changes that come in while one is written are written together; none costs nothing", async () => {
  const store = counting(memoryStore());
  const file = openLedger(store, url, clock);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => file.update(note(`c${index}`))));
  expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => `c${index}`));
  expect(store.writes).toBe(2);
  await file.update((ledger) => [ledger, undefined]);
  expect(store.writes).toBe(2);
});

test("whoever opens the ledger of one store writes together with the others, however many they are", async () => {
  const store = counting(memoryStore());
  const notes = Array.from({ length: 200 }, (_, index) => openLedger(store, url, clock).update(note(`c${index}`)));
  await Promise.all(notes);
  expect(store.writes).toBe(2);
  expect(noted(await openLedger(store, url, clock).read())).toHaveLength(200);
});

test("two runs never take the same last slot", async () => {
  const state = memoryState();
  const files = Array.from({ length: 4 }, () => openLedger(memoryStore(state), url, clock));
  const slots = await Promise.all(
    files.flatMap((file, run) =>
      Array.from({ length: 15 }, (_, index) =>
        takeSlot(file, letsEncryptLimits, request(`h${run}-${index}.example.com`), now),
      ),
    ),
  );
  expect(slots.filter(({ allowed }) => allowed)).toHaveLength(50);
});

describe("a ledger that cannot be understood", () => {
  test.each([
    ["empty", "", "STORE_CORRUPT"],
    ["cut short", '{"format":1,"directoryUrl":', "STORE_CORRUPT"],
    ["of a newer version", '{"format":99}', "STORE_NEWER_FORMAT"],
    [
      "of another CA",
      '{"format":1,"directoryUrl":"https://x.example/","buckets":{},"reservations":{},"holds":{},"paused":{},"failures":{}}',
      "STORE_CORRUPT",
    ],
  ])("%s is refused and left as it is", async (_, content, code) => {
    const store = memoryStore();
    await store.write(key, Buffer.from(content));
    const file = openLedger(store, url, clock);
    await expect(file.read()).rejects.toMatchObject({ code });
    await expect(file.update(note("a"))).rejects.toMatchObject({ code });
    expect(Buffer.from((await store.read(key))?.bytes ?? []).toString()).toBe(content);
  });
});

test("a ledger of the format before, which had failures in it, is read without them", async () => {
  const store = memoryStore();
  const before = {
    directoryUrl: url,
    buckets: {},
    reservations: {},
    holds: {},
    paused: {},
    failures: { a: { count: 1 } },
  };
  await store.write(key, Buffer.from(JSON.stringify({ format: 1, ...before })));
  const file = openLedger(store, url, clock);
  expect(await file.read()).toEqual({ directoryUrl: url, buckets: {}, reservations: {}, holds: {}, paused: {} });
  await file.update(note("a"));
  expect(JSON.parse(Buffer.from((await store.read(key))?.bytes ?? []).toString())).toMatchObject({ format: 2 });
  expect(noted(await openLedger(store, url, clock).read())).toEqual(["a"]);
});

test("a store that fails fails the change, and the next one works", async () => {
  const store = memoryStore();
  let broken = true;
  const flaky: Store = {
    ...store,
    write: (...args) => (broken ? Promise.reject(new Error("disk on fire")) : store.write(...args)),
  };
  const file = openLedger(flaky, url, clock);
  await expect(file.update(note("a"))).rejects.toThrow("disk on fire");
  broken = false;
  await file.update(note("b"));
  expect(noted(await file.read())).toEqual(["b"]);
});

test("a change that cannot be made or stored fails alone, not those that are written with it", async () => {
  const file = openLedger(memoryStore(), url, clock);
  const first = file.update(note("first"));
  const outcomes = await Promise.allSettled([
    first,
    file.update(note("a")),
    file.update(() => {
      throw new Error("a fault of its own");
    }),
    file.update((ledger) => [pauseName(ledger, "account", "b", "x".repeat(4097), now), "b"]),
    file.update(note("c")),
  ]);
  expect(outcomes).toMatchObject([
    { value: "first" },
    { value: "a" },
    { reason: { message: "a fault of its own" } },
    { reason: { code: "STORE_BAD_VALUE" } },
    { value: "c" },
  ]);
  expect(noted(await file.read())).toEqual(["first", "a", "c"]);
});

test("the longest link to resume a name that is taken from a CA can be stored", async () => {
  const file = openLedger(memoryStore(), url, clock);
  const link = `https://portal.example/unpause?jwt=${"a".repeat(4061)}`;
  await file.update((ledger) => [pauseName(ledger, "account", "a.example.com", link, now), undefined]);
  expect((await file.read()).paused).toMatchObject({ "account a.example.com": { unpauseUrl: link } });
});
