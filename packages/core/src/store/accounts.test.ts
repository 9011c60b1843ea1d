import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type AccountRecord,
  caName,
  listAccounts,
  readAccount,
  removeAccount,
  saveAccountKey,
  saveAccountRecord,
  settleAccountKey,
  stageAccountKey,
} from "./accounts.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { safeName } from "./names.ts";
import { type OrderRecord, readOrder, removeOrder, saveOrder } from "./orders.ts";

const directoryUrl = "https://acme-v02.api.letsencrypt.org/directory";
const id = { directoryUrl, email: "Admin@Example.com" };
const newKey = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const record: AccountRecord = {
  ...{ directoryUrl, url: "https://acme-v02.api.letsencrypt.org/acme/acct/1", contact: ["mailto:Admin@Example.com"] },
  ...{ createdAt: Date.UTC(2026, 10, 24), eabKid: "kid-1", status: "valid" },
};

describe("accounts", () => {
  test("are read back: first the key alone, then with what the CA said", async () => {
    const store = memoryStore();
    const keyPem = newKey();
    expect(await readAccount(store, id)).toBeUndefined();
    await saveAccountKey(store, id, keyPem.trim());
    expect(await readAccount(store, id)).toEqual({ keyPem });
    await saveAccountRecord(store, id, record);
    expect(await readAccount(store, id)).toEqual({ keyPem, record });
    await saveAccountRecord(store, id, { ...record, status: "deactivated" });
    expect((await readAccount(store, id))?.record?.status).toBe("deactivated");
  });

  test("never lose a key to a second registration", async () => {
    const store = memoryStore();
    const keyPem = newKey();
    await saveAccountKey(store, id, keyPem);
    await expect(saveAccountKey(store, id, newKey())).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    expect((await readAccount(store, id))?.keyPem).toBe(keyPem);
  });

  test("are apart by CA and by address, and by whether they have one", async () => {
    const store = memoryStore();
    const ids = [
      ...[
        id,
        { ...id, email: "admin@example.com" },
        { directoryUrl },
        { directoryUrl: "https://ca.example/directory" },
      ],
      ...[{ directoryUrl: "http://127.0.0.1:14000/dir" }, { directoryUrl: "https://127.0.0.1:14000/dir" }],
    ];
    for (const [index, each] of ids.entries()) {
      await saveAccountKey(store, each, newKey());
      await saveAccountRecord(store, each, { ...record, directoryUrl: each.directoryUrl, url: `https://x/${index}` });
    }
    expect((await listAccounts(store)).map(({ url }) => url).sort()).toEqual(
      ids.map((_, index) => `https://x/${index}`),
    );
    expect(await listAccounts(store, directoryUrl)).toHaveLength(3);
    await removeAccount(store, id);
    expect(await readAccount(store, id)).toBeUndefined();
    expect(await listAccounts(store, directoryUrl)).toHaveLength(2);
  });

  test("that are damaged are told, and hide no other", async () => {
    const store = memoryStore();
    for (const each of [id, { ...id, email: "admin@example.com" }]) {
      await saveAccountKey(store, each, newKey());
      await saveAccountRecord(store, each, {
        ...record,
        directoryUrl: each.directoryUrl,
        url: `https://x/${each.email}`,
      });
    }
    const [first = ""] = await store.list(`accounts/${caName(id.directoryUrl)}`);
    const damaged = `accounts/${caName(id.directoryUrl)}/${first}account.json`;
    await store.write(damaged, Buffer.from("{"));
    await expect(listAccounts(store)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    const told: (string | undefined)[] = [];
    expect(await listAccounts(store, undefined, ({ key }) => told.push(key))).toHaveLength(1);
    expect(told).toEqual([damaged]);
  });

  test.each([true, false])("a rollover in two steps ends with one key (accepted: %s)", async (accepted) => {
    const store = memoryStore();
    const [keyPem, nextKeyPem] = [newKey(), newKey()];
    await saveAccountKey(store, id, keyPem);
    await stageAccountKey(store, id, nextKeyPem);
    await expect(stageAccountKey(store, id, newKey())).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    expect(await readAccount(store, id)).toEqual({ keyPem, nextKeyPem });
    await settleAccountKey(store, id, accepted);
    await settleAccountKey(store, id, accepted);
    expect(await readAccount(store, id)).toEqual({ keyPem: accepted ? nextKeyPem : keyPem });
  });

  test("that are damaged are refused without a word of the key, and not replaced", async () => {
    const folder = `accounts/${caName(directoryUrl)}/_41dmin_40_45xample.com`;
    const damages = [
      ["key.pem", ""],
      ["key.pem", "-----BEGIN PRIVATE KEY-----\nplanted"],
      ["key.pem", "planted"],
      ["account.json", ""],
      ["account.json", '{"format":1,"planted":1'],
    ] as const;
    for (const [file, content] of damages) {
      const state = memoryState();
      const store = memoryStore(state);
      await saveAccountKey(store, id, newKey());
      await saveAccountRecord(store, id, record);
      await store.write(`${folder}/${file}`, Buffer.from(content));
      await expect(readAccount(store, id)).rejects.toSatisfy(
        (error: Error & { code: string }) =>
          error.code === "STORE_CORRUPT" && !`${error.message}${error.cause}`.includes("planted"),
      );
      await expect(saveAccountKey(store, id, newKey())).rejects.toMatchObject({ code: "STORE_CONFLICT" });
      expect(Buffer.from(state.values.get(`${folder}/${file}`) ?? []).toString()).toBe(content);
    }
    const store = memoryStore();
    await saveAccountRecord(store, id, record);
    await expect(readAccount(store, id)).rejects.toMatchObject({ code: "STORE_CORRUPT", key: `${folder}/key.pem` });
  });
});

describe("orders under way", () => {
  const order: OrderRecord = {
    ...{ name: "*.example.com", directoryUrl, accountUrl: record.url, orderUrl: "https://ca.example/order/1" },
    ...{ identifiers: [{ type: "dns", value: "*.example.com" }], createdAt: 5, profile: "shortlived" },
  };

  test("are read back with their key, or without where the user keeps it, and are forgotten", async () => {
    const store = memoryStore();
    expect(await readOrder(store, order.name)).toBeUndefined();
    const keyPem = newKey();
    await saveOrder(store, { record: order, keyPem });
    expect(await readOrder(store, order.name)).toEqual({ record: order, keyPem });
    await saveOrder(store, { record: order });
    expect(await readOrder(store, order.name)).toEqual({ record: order });
    await removeOrder(store, order.name);
    expect(await store.list("")).toEqual([]);
  });

  test("that are damaged are told, and the next is stored in their place", async () => {
    const store = memoryStore();
    await store.write(`orders/${safeName(order.name)}/order.json`, Buffer.from("{"));
    const told: string[] = [];
    expect(await readOrder(store, order.name, ({ code }) => told.push(code))).toBeUndefined();
    expect(told).toEqual(["STORE_CORRUPT"]);
    await saveOrder(store, { record: order });
    expect(await readOrder(store, order.name)).toEqual({ record: order });
  });

  test("with another key than they were stored with are damaged, and told without a word of it", async () => {
    const store = memoryStore();
    const [keyPem, otherPem] = [newKey(), newKey()];
    await saveOrder(store, { record: order, keyPem });
    const key = `orders/${safeName(order.name)}/order.json`;
    const { bytes } = (await store.read(key)) ?? { bytes: new Uint8Array() };
    const plain = (pem: string) => JSON.stringify(pem).slice(1, -1);
    await store.write(key, Buffer.from(Buffer.from(bytes).toString().replace(plain(keyPem), plain(otherPem))));
    const told: string[] = [];
    expect(await readOrder(store, order.name, ({ code, message }) => told.push(code, message))).toBeUndefined();
    expect(told).toEqual(["STORE_CORRUPT", `${key} in the state is damaged: its private key was changed`]);
  });
});
