import assert from "node:assert/strict";
import { largestValue } from "../store.ts";
import type { ConformanceCase } from "./conformance.ts";
import { bytes, refused, textAt, versionAt } from "./expect.ts";

const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

export const valueCases: readonly ConformanceCase[] = [
  {
    name: "where nothing was written there is nothing",
    async run(place) {
      const store = await place.client();
      assert.equal(await store.read("nothing/here"), undefined);
      assert.equal(await store.readThrough("nothing/current", "leaf.pem"), undefined);
      await store.remove("nothing/here");
    },
  },
  {
    name: "what is written is read back byte for byte, by every client",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      for (const value of [everyByte, new Uint8Array(0), bytes("text")]) {
        const version = await one.write("folder/value", value);
        const read = await other.read("folder/value");
        assert.deepEqual(read && Uint8Array.from(read.bytes), value);
        assert.equal(read?.version, version, "a write returns the version that a read sees");
      }
    },
  },
  {
    name: "the bytes a client got or gave are its own",
    async run(place) {
      const store = await place.client();
      const given = bytes("given");
      await store.write("value", given);
      given.fill(0);
      (await store.read("value"))?.bytes.fill(0);
      assert.equal(await textAt(store, "value"), "given");
    },
  },
  {
    name: "a value as large as allowed is taken, a larger one refused",
    async run(place) {
      const store = await place.client();
      await store.write("value", new Uint8Array(largestValue).fill(7));
      assert.equal((await store.read("value"))?.bytes.length, largestValue);
      await refused(store.write("value", new Uint8Array(2 * largestValue + 1)), "STORE_TOO_LARGE", "a value too large");
      assert.equal((await store.read("value"))?.bytes.length, largestValue);
    },
  },
  {
    name: "a secret value is read back like any other",
    async run(place) {
      const store = await place.client();
      await store.write("key.pem", bytes("secret"), { secret: true });
      assert.equal(await textAt(store, "key.pem"), "secret");
    },
  },
  {
    name: "ifVersion null writes only where nothing is",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      await one.write("value", bytes("first"), { ifVersion: null });
      await refused(other.write("value", bytes("second"), { ifVersion: null }), "STORE_CONFLICT", "a second creation");
      await refused(other.remove("value", { ifVersion: null }), "STORE_CONFLICT", "removing what must not be there");
      assert.equal(await textAt(one, "value"), "first");
    },
  },
  {
    name: "ifVersion writes and removes only what was read",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      const first = await one.write("value", bytes("first"));
      const second = await other.write("value", bytes("second"), { ifVersion: first });
      assert.notEqual(second, first);
      await refused(one.write("value", bytes("third"), { ifVersion: first }), "STORE_CONFLICT", "a stale write");
      await refused(one.remove("value", { ifVersion: first }), "STORE_CONFLICT", "a stale removal");
      assert.equal(await textAt(one, "value"), "second");
      await one.remove("value", { ifVersion: second });
      assert.equal(await other.read("value"), undefined);
      await refused(one.write("value", bytes("x"), { ifVersion: second }), "STORE_CONFLICT", "a write to what is gone");
      await refused(one.remove("value", { ifVersion: second }), "STORE_CONFLICT", "a removal of what is gone");
      assert.equal(await one.read("value"), undefined);
    },
  },
  {
    name: "of clients that change one value at once, none loses another's change",
    async run(place) {
      const clients = await Promise.all(Array.from({ length: 4 }, () => place.client()));
      await clients[0]?.write("counter", bytes("0"));
      const increment = async (client: (typeof clients)[number]) => {
        for (;;) {
          const value = await client.read("counter");
          const next = Number(new TextDecoder().decode(value?.bytes)) + 1;
          try {
            return await client.write("counter", bytes(String(next)), { ifVersion: value?.version ?? null });
          } catch (error) {
            if ((error as { code?: unknown }).code !== "STORE_CONFLICT") throw error;
          }
        }
      };
      await Promise.all(clients.flatMap((client) => Array.from({ length: 5 }, () => increment(client))));
      assert.equal(await textAt(await place.client(), "counter"), "20");
    },
  },
  {
    name: "of clients that create one value at once, exactly one succeeds",
    async run(place) {
      const clients = await Promise.all(Array.from({ length: 6 }, () => place.client()));
      const outcomes = await Promise.allSettled(
        clients.map((client, index) => client.write("value", bytes(`client ${index}`), { ifVersion: null })),
      );
      const winners = outcomes.flatMap((outcome, index) => (outcome.status === "fulfilled" ? [index] : []));
      assert.equal(winners.length, 1);
      assert.equal(await textAt(await place.client(), "value"), `client ${winners[0]}`);
    },
  },
  {
    name: "a reader never sees a mix of two values",
    async run(place) {
      const [writer, reader] = [await place.client(), await place.client()];
      const size = 100_000;
      await writer.write("value", new Uint8Array(size).fill(1));
      let writing = true;
      const written = (async () => {
        for (let turn = 2; turn < 12; turn += 1) await writer.write("value", new Uint8Array(size).fill(turn));
        writing = false;
      })();
      while (writing) {
        const value = await reader.read("value");
        assert.equal(value?.bytes.length, size);
        assert.equal(new Set(value?.bytes).size, 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await written;
    },
  },
  {
    name: "one client does many things at once",
    async run(place) {
      const store = await place.client();
      const names = Array.from({ length: 20 }, (_, index) => `name-${index}`);
      await Promise.all(names.map((name) => store.write(`folder/${name}`, bytes(name))));
      await Promise.all(
        names.map((name, index) => (index % 2 ? store.remove(`folder/${name}`) : store.point(`folder/${name}`, "x"))),
      );
      assert.equal((await store.list("folder")).length, 10);
      await Promise.all(names.map((name) => store.remove(`folder/${name}`)));
      assert.deepEqual(await store.list(""), []);
    },
  },
  {
    name: "append makes a value and adds to its end",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      for (const piece of ["one\n", "two\n", "three\n"]) await one.append("journal/run", bytes(piece));
      assert.equal(await textAt(other, "journal/run"), "one\ntwo\nthree\n");
      assert.equal(await versionAt(one, "journal/run"), await versionAt(other, "journal/run"));
      await one.write("journal/run", bytes("new\n"));
      await one.append("journal/run", bytes("more\n"), { secret: true });
      assert.equal(await textAt(other, "journal/run"), "new\nmore\n");
    },
  },
];
