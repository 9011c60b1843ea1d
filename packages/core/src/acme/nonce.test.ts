import { expect, test } from "vitest";
import { NoncePool } from "./nonce.ts";
import { failure } from "./testing/setup.ts";

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

/** A pool whose fetches are counted, and a request that takes a while and brings a nonce back. */
function pool(): {
  readonly nonces: NoncePool;
  readonly fetches: () => number;
  readonly request: () => Promise<string>;
} {
  let count = 0;
  let given = 0;
  const nonces = new NoncePool(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return `fetched-${++count}`;
  });
  const request = (): Promise<string> =>
    nonces.use(async (nonce) => {
      await new Promise((resolve) => setImmediate(resolve));
      nonces.put(`reply-${++given}`);
      return nonce;
    });
  return { nonces, fetches: () => count, request };
}

test("one fetch serves a whole sequence, and no nonce serves twice", async () => {
  const { request, fetches } = pool();
  const used: string[] = [];
  for (let step = 0; step < 20; step++) used.push(await request());
  expect(fetches()).toBe(1);
  expect(new Set(used).size).toBe(20);
});

test("ten callers at once share one fetch", async () => {
  const { request, fetches } = pool();
  const used = await Promise.all(Array.from({ length: 10 }, request));
  expect(fetches()).toBe(1);
  expect(new Set(used).size).toBe(10);
});

test("a hundred callers at once get a handful", async () => {
  const { request, fetches } = pool();
  const used = await Promise.all(Array.from({ length: 100 }, request));
  expect(fetches()).toBeGreaterThan(1);
  expect(fetches()).toBeLessThanOrEqual(9);
  expect(new Set(used).size).toBe(100);
});

test("the newest nonce goes first", async () => {
  const { nonces } = pool();
  nonces.put("old");
  nonces.put("new");
  expect(await nonces.use(async (nonce) => nonce)).toBe("new");
  expect(await nonces.use(async (nonce) => nonce)).toBe("old");
});

test.each([undefined, "", "with space", "line\n", "pad=", "x".repeat(513)])("%j is no nonce", async (nonce) => {
  const { nonces, fetches } = pool();
  expect(nonces.put(nonce)).toBe(false);
  await nonces.use(async () => {});
  expect(fetches()).toBe(1);
});

test("a nonce that was seen is not taken again", async () => {
  const { nonces } = pool();
  nonces.put("once");
  expect(await nonces.use(async (nonce) => nonce)).toBe("once");
  expect(nonces.put("once")).toBe(false);
});

test("a request that brings nothing back makes the next caller fetch", async () => {
  const { nonces, fetches } = pool();
  const first = nonces.use(async () => {
    throw new Error("lost");
  });
  const second = nonces.use(async (nonce) => nonce);
  expect((await failure(first)).message).toBe("lost");
  expect(await second).toBe("fetched-2");
  expect(fetches()).toBe(2);
});

test("a CA without fresh nonces is told apart from one that is slow", async () => {
  const nonces = new NoncePool(async () => "");
  expect(await failure(nonces.use(async () => {}))).toMatchObject({ code: "ACME_BAD_ANSWER" });
  const repeating = new NoncePool(async () => "same");
  expect(await repeating.use(async (nonce) => nonce)).toBe("same");
  expect(await failure(repeating.use(async () => {}))).toMatchObject({ code: "ACME_BAD_ANSWER" });
});

test("all who wait hear why the fetch failed", async () => {
  const nonces = new NoncePool(async () => {
    throw new Error("down");
  });
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => nonces.use(async () => {})));
  expect(outcomes.map((outcome) => outcome.status === "rejected" && String(outcome.reason))).toEqual(
    Array(5).fill("Error: down"),
  );
});

test("a caller can leave; the fetch ends when nobody is left", async () => {
  const { open, opened } = gate();
  let fetchSignal: AbortSignal | undefined;
  const nonces = new NoncePool(async (signal) => {
    fetchSignal ??= signal;
    await opened;
    return "late";
  });
  const one = new AbortController();
  const two = new AbortController();
  const first = failure(nonces.use(async () => {}, one.signal));
  const second = failure(nonces.use(async () => {}, two.signal));
  one.abort(new Error("first left"));
  expect((await first).message).toBe("first left");
  expect(fetchSignal?.aborted).toBe(false);
  two.abort(new Error("second left"));
  expect((await second).message).toBe("second left");
  expect(fetchSignal?.aborted).toBe(true);
  open();
  expect(await nonces.use(async (nonce) => nonce)).toBe("late");
});

test("an aborted signal never takes a nonce", async () => {
  const { nonces, fetches } = pool();
  await failure(nonces.use(async () => {}, AbortSignal.abort(new Error("no"))));
  expect(fetches()).toBe(0);
});
