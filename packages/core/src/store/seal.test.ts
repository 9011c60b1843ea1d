import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { storeConformance } from "./conformance/index.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { seal, sealedStore, unseal } from "./seal.ts";
import { type SealKey, sealKey } from "./seal-key.ts";

const newKey = (): SealKey => sealKey(randomBytes(32).toString("base64"));
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());

storeConformance({
  test,
  open: async () => {
    const [state, current] = [memoryState(), newKey()];
    return { client: async () => sealedStore(memoryStore(state), { current }) };
  },
});

describe("sealed values", () => {
  test("nothing of the value or the key reaches the store below, and no value is marked secret there", async () => {
    const state = memoryState();
    const secrets: (boolean | undefined)[] = [];
    const below = memoryStore(state);
    const spied = {
      ...below,
      write: (key: string, bytes: Uint8Array, options = {}) => {
        secrets.push((options as { secret?: boolean }).secret);
        return below.write(key, bytes, options);
      },
    };
    const current = newKey();
    const store = sealedStore(spied, { current });
    await store.write("key.pem", Buffer.from("planted secret"), { secret: true });
    const stored = Buffer.from(state.values.get("key.pem") ?? "");
    expect(stored.includes("planted")).toBe(false);
    expect(stored.includes(current.secret)).toBe(false);
    expect(secrets).toEqual([false]);
  });

  test("two seals of one value differ", () => {
    const key = newKey();
    expect(Buffer.from(seal("k", Buffer.from("v"), key)).equals(Buffer.from(seal("k", Buffer.from("v"), key)))).toBe(
      false,
    );
  });

  test("any changed byte, a cut, and a move to another key are noticed", () => {
    const current = newKey();
    const sealed = Buffer.from(seal("a/b", Buffer.from("value"), current));
    expect(text(unseal("a/b", sealed, { current }))).toBe("value");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const codes = ["STORE_CORRUPT", "STORE_NEWER_FORMAT", "STORE_WRONG_SEAL_KEY"];
      expect(codes).toContain(codeOf(() => unseal("a/b", changed, { current })));
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(() => unseal("a/b", sealed.subarray(0, length), { current }))).toBe("STORE_CORRUPT");
    }
    expect(codeOf(() => unseal("a/c", sealed, { current }))).toBe("STORE_CORRUPT");
  });

  test("a value in the clear is not taken for a sealed one", async () => {
    const below = memoryStore();
    await below.write("certificates/a/1/meta.json", Buffer.from('{"format":1}'));
    const store = sealedStore(below, { current: newKey() });
    await expect(store.read("certificates/a/1/meta.json")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  test("after a change of keys the old one still opens, and what is written needs the new one", async () => {
    const [below, old, current] = [memoryStore(), newKey(), newKey()];
    await sealedStore(below, { current: old }).write("value", Buffer.from("before"));
    const both = sealedStore(below, { current, previous: [old] });
    expect(text((await both.read("value"))?.bytes)).toBe("before");
    await expect(sealedStore(below, { current }).read("value")).rejects.toMatchObject({ code: "STORE_WRONG_SEAL_KEY" });
    await both.write("value", Buffer.from("after"));
    expect(text((await sealedStore(below, { current }).read("value"))?.bytes)).toBe("after");
  });
});

describe("keys", () => {
  test("anything but 32 bytes in base64 is refused without being repeated", () => {
    const bad = [
      "",
      "planted",
      randomBytes(31).toString("base64"),
      randomBytes(33).toString("base64"),
      "planted".repeat(6),
    ];
    for (const each of bad) {
      const error = thrown(() => sealKey(each));
      expect(error).toMatchObject({ code: "STORE_SEAL_KEY" });
      expect(String(error)).not.toContain("planted");
    }
    expect(sealKey(`  ${randomBytes(32).toString("base64")}\n`).secret).toHaveLength(32);
  });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

function codeOf(run: () => unknown): unknown {
  return (thrown(run) as { code?: unknown }).code;
}
