import assert from "node:assert/strict";
import type { LeaseHolder } from "../store-error.ts";
import type { ConformanceCase } from "./conformance.ts";
import { bytes, refused } from "./expect.ts";

const never = new AbortController().signal;
/** Milliseconds that end what hangs. */
const long = 120_000;

export const leaseCases: readonly ConformanceCase[] = [
  {
    name: "a lease is one client's, until it lets go",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      const lease = await one.lease("example.com", { signal: never });
      assert.equal(lease.name, "example.com");
      await refused(other.lease("example.com", { signal: never }), "STORE_LOCKED", "a lease that is held");
      await refused(one.lease("example.com", { signal: never }), "STORE_LOCKED", "a lease this client holds already");
      await refused(
        other.lease("example.com", { signal: never, waitMs: 30 }),
        "STORE_LOCKED",
        "a lease waited for in vain",
      );
      assert.equal(lease.lost.aborted, false);
      await lease.release();
      await lease.release();
      const next = await other.lease("example.com", { signal: never });
      await lease.release();
      await refused(one.lease("example.com", { signal: never }), "STORE_LOCKED", "a lease after a late second release");
      await next.release();
    },
  },
  {
    name: "leases of different names are independent, whatever the names",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      const names = ["a", "A", "*.example.com", "../a", "con", "ü", "x".repeat(300), "x".repeat(301)];
      const leases = [];
      for (const [index, name] of names.entries())
        leases.push(await (index % 2 ? one : other).lease(name, { signal: never }));
      await one.write("a", bytes("a lease bars nobody from writing"));
      for (const name of names)
        await refused(other.lease(name, { signal: never }), "STORE_LOCKED", `the lease of ${name.slice(0, 20)}`);
      for (const lease of leases) await lease.release();
    },
  },
  {
    name: "a waiting client is told once, and gets the lease when it comes free",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      const lease = await one.lease("example.com", { signal: never });
      const told: (LeaseHolder | undefined)[] = [];
      const { promise: waits, resolve } = Promise.withResolvers<void>();
      const waiting = other.lease("example.com", {
        signal: never,
        waitMs: long,
        onWait: (holder) => {
          told.push(holder);
          resolve();
        },
      });
      await waits;
      await lease.release();
      await (await waiting).release();
      assert.equal(told.length, 1);
      await (await one.lease("example.com", { signal: never, onWait: (holder) => told.push(holder) })).release();
      assert.equal(told.length, 1, "nobody is told where there is nothing to wait for");
    },
  },
  {
    name: "of many that wait, one at a time has the lease and each gets it",
    async run(place) {
      const clients = await Promise.all(Array.from({ length: 5 }, () => place.client()));
      let inside = 0;
      let served = 0;
      await Promise.all(
        clients.map(async (client) => {
          await using lease = await client.lease("example.com", { signal: never, waitMs: long });
          assert.equal(lease.lost.aborted, false);
          inside += 1;
          assert.equal(inside, 1);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside -= 1;
          served += 1;
        }),
      );
      assert.equal(served, 5);
    },
  },
  {
    name: "waiting ends with the signal's own reason",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      const lease = await one.lease("example.com", { signal: never });
      const controller = new AbortController();
      const reason = new Error("stopped by the person");
      const waiting = other.lease("example.com", {
        signal: controller.signal,
        waitMs: long,
        onWait: () => controller.abort(reason),
      });
      await assert.rejects(waiting, (error) => error === reason);
      await assert.rejects(other.lease("free", { signal: controller.signal }), (error) => error === reason);
      await lease.release();
      await (await other.lease("free", { signal: never })).release();
    },
  },
];
