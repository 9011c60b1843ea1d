import assert from "node:assert/strict";
import type { Stored } from "../store.ts";
import type { ConformanceCase } from "./conformance.ts";
import { bytes, refused, textAt, versionAt } from "./expect.ts";

const notKeys = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "a/../b",
  ".hidden",
  "-a",
  "a.",
  "A",
  "a b",
  "a\\b",
  "a\0b",
  "é",
  "con",
  "nul.txt",
];
const notFolders = notKeys.filter((key) => key !== "");

export const folderCases: readonly ConformanceCase[] = [
  {
    name: "list tells what is directly in a folder, sorted",
    async run(place) {
      const store = await place.client();
      assert.deepEqual(await store.list(""), []);
      assert.deepEqual(await store.list("certificates"), []);
      for (const key of [
        "certificates/b/1/leaf.pem",
        "certificates/a/1/leaf.pem",
        "certificates/a/note",
        "certificates.txt",
        "top",
      ]) {
        await store.write(key, bytes(key));
      }
      await store.point("certificates/a/current", "1");
      assert.deepEqual(await store.list(""), ["certificates.txt", "certificates/", "top"]);
      assert.deepEqual(await store.list("certificates"), ["a/", "b/"]);
      assert.deepEqual(await store.list("certificates/a"), ["1/", "current", "note"]);
      assert.deepEqual(await store.list("certificates/a/1"), ["leaf.pem"]);
    },
  },
  {
    name: "a folder goes with the last thing in it, and comes again",
    async run(place) {
      const store = await place.client();
      await store.write("folder/deep/one", bytes("1"));
      await store.write("folder/deep/two", bytes("2"));
      await store.remove("folder/deep/one");
      assert.deepEqual(await store.list("folder"), ["deep/"]);
      await store.remove("folder/deep/two");
      assert.deepEqual(await store.list(""), []);
      await store.write("folder/deep/one", bytes("3"));
      assert.equal(await textAt(store, "folder/deep/one"), "3");
    },
  },
  {
    name: "writing and removing in one folder at once loses nothing",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      for (let round = 0; round < 10; round += 1) {
        await one.write("folder/old", bytes("old"));
        await Promise.all([one.remove("folder/old"), other.write("folder/new", bytes(`${round}`))]);
        assert.equal(await textAt(one, "folder/new"), `${round}`);
        await one.remove("folder/new");
      }
      assert.deepEqual(await one.list(""), []);
    },
  },
  {
    name: "a folder is no value",
    async run(place) {
      const store = await place.client();
      await store.write("folder/value", bytes("x"));
      assert.equal(await store.read("folder"), undefined);
      await store.remove("folder");
      assert.equal(await textAt(store, "folder/value"), "x");
      assert.deepEqual(await store.list("folder/value"), []);
    },
  },
  {
    name: "a pointer reads as its target's name, and leads to what is there",
    async run(place) {
      const [one, other] = [await place.client(), await place.client()];
      await one.write("c/1/leaf.pem", bytes("first"));
      await one.write("c/2/leaf.pem", bytes("second"));
      const version = await one.point("c/current", "1", { ifVersion: null });
      assert.equal(await textAt(other, "c/current"), "1");
      assert.equal(await versionAt(other, "c/current"), version);
      const through = await other.readThrough("c/current", "leaf.pem");
      assert.equal(through && new TextDecoder().decode(through.bytes), "first");
      assert.equal(through?.version, await versionAt(one, "c/1/leaf.pem"));
      assert.equal(await other.readThrough("c/current", "absent.pem"), undefined);
      await refused(other.point("c/current", "2", { ifVersion: null }), "STORE_CONFLICT", "making a pointer again");
      await other.point("c/current", "2", { ifVersion: version });
      await refused(
        one.point("c/current", "1", { ifVersion: version }),
        "STORE_CONFLICT",
        "moving a pointer that moved",
      );
      const moved = await one.readThrough("c/current", "leaf.pem");
      assert.equal(moved && new TextDecoder().decode(moved.bytes), "second");
    },
  },
  {
    name: "many pointers are read through together as each is alone, where the store can",
    async run(place) {
      const store = await place.client();
      await store.write("a/1/leaf.pem", bytes("one"));
      await store.write("b/2/leaf.pem", bytes(""));
      await store.write("c/3/other.pem", bytes("three"));
      for (const [folder, target] of [
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
        ["d", "4"],
      ])
        await store.point(`${folder}/current`, `${target}`);
      const pointers = ["b", "c", "nothing", "a", "d", "a"].map((folder) => `${folder}/current`);
      const alone = await Promise.all(pointers.map((pointer) => store.readThrough(pointer, "leaf.pem")));
      const together = [];
      for await (const some of store.readThroughEach?.(pointers, "leaf.pem") ?? [])
        together.push(...some.map((look) => look()));
      const plain = (all: readonly (Stored | undefined)[]) =>
        all.map((value) => value && [new TextDecoder().decode(value.bytes), value.version]);
      if (store.readThroughEach !== undefined) assert.deepEqual(plain(together), plain(alone));
    },
  },
  {
    name: "removing a pointer leaves what it led to; one that leads nowhere is no fault",
    async run(place) {
      const store = await place.client();
      await store.write("c/1/leaf.pem", bytes("first"));
      await store.point("c/current", "1");
      await store.remove("c/1/leaf.pem");
      assert.equal(await store.readThrough("c/current", "leaf.pem"), undefined);
      assert.equal(await textAt(store, "c/current"), "1");
      await store.write("c/1/leaf.pem", bytes("again"));
      await store.remove("c/current", { ifVersion: await versionAt(store, "c/current") });
      assert.equal(await store.read("c/current"), undefined);
      assert.equal(await textAt(store, "c/1/leaf.pem"), "again");
    },
  },
  {
    name: "a value takes a pointer's place and the other way round",
    async run(place) {
      const store = await place.client();
      await store.point("c/current", "1");
      await store.write("c/current", bytes("value"));
      assert.equal(await textAt(store, "c/current"), "value");
      await store.point("c/current", "2");
      assert.equal(await textAt(store, "c/current"), "2");
    },
  },
  {
    name: "a pointer that moves always leads to one whole generation",
    async run(place) {
      const [writer, reader] = [await place.client(), await place.client()];
      for (const generation of ["1", "2"]) {
        await writer.write(`c/${generation}/leaf.pem`, bytes(`leaf ${generation}`));
      }
      await writer.point("c/current", "1");
      let moving = true;
      const moved = (async () => {
        for (let turn = 0; turn < 20; turn += 1) await writer.point("c/current", turn % 2 === 0 ? "2" : "1");
        moving = false;
      })();
      while (moving) {
        const leaf = await reader.readThrough("c/current", "leaf.pem");
        assert.match(new TextDecoder().decode(leaf?.bytes), /^leaf [12]$/);
        assert.match((await textAt(reader, "c/current")) ?? "", /^[12]$/);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await moved;
    },
  },
  {
    name: "keys that could lead astray are refused by every call",
    async run(place) {
      const store = await place.client();
      const long = "a".repeat(129);
      for (const key of [...notKeys, long, "a/a/a/a/a/a/a/a/a"]) {
        await refused(store.read(key), "STORE_BAD_KEY", `reading ${JSON.stringify(key)}`);
        await refused(store.write(key, bytes("x")), "STORE_BAD_KEY", `writing ${JSON.stringify(key)}`);
        await refused(store.append(key, bytes("x")), "STORE_BAD_KEY", `appending to ${JSON.stringify(key)}`);
        await refused(store.point(key, "x"), "STORE_BAD_KEY", `pointing from ${JSON.stringify(key)}`);
        await refused(store.remove(key), "STORE_BAD_KEY", `removing ${JSON.stringify(key)}`);
        await refused(
          store.readThrough("c/current", key),
          "STORE_BAD_KEY",
          `reading through to ${JSON.stringify(key)}`,
        );
      }
      for (const folder of [...notFolders, long]) {
        await refused(store.list(folder), "STORE_BAD_KEY", `listing ${JSON.stringify(folder)}`);
      }
      for (const target of ["", "..", "a/b", "/etc", "A"]) {
        await refused(store.point("c/current", target), "STORE_BAD_KEY", `pointing to ${JSON.stringify(target)}`);
      }
      assert.deepEqual(await store.list(""), []);
      await store.write(`${"a".repeat(128)}/_wildcard.example.com/a-b_c.1`, bytes("x"));
    },
  },
];
