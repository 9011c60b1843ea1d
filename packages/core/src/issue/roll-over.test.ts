import { expect, test } from "vitest";
import { findAccount } from "../acme/account.ts";
import { generateKey, keyToPem, readKey } from "../acme/keys.ts";
import type { Fault } from "../acme/testing/fake-acme.ts";
import { type Setup, setUpAccount } from "../acme/testing/setup.ts";
import { readAccount, saveAccountKey, saveAccountRecord } from "../store/accounts.ts";
import { memoryStore } from "../store/memory-store.ts";
import { rollOver } from "./roll-over.ts";

const { signal } = new AbortController();

/** Rolls an account over at a CA that does this to the request; then what is stored of it, and whether it is the CA's key. */
async function rolledOver(setup: Setup, key: Awaited<ReturnType<typeof generateKey>>, fault: Fault) {
  const store = memoryStore();
  const { client, fake } = setup;
  const id = { directoryUrl: fake.directoryUrl };
  const url = client.accountUrl ?? "";
  await saveAccountKey(store, id, keyToPem(key));
  await saveAccountRecord(store, id, { ...id, url, contact: [], createdAt: 0 });
  fake.fault("keyChange", fault);
  const rolling = rollOver(client, id, store, signal);
  const outcome = await rolling.then(
    () => "done",
    (error) => String(error.code),
  );
  const stored = await readAccount(store, id);
  const found = await findAccount(client.withKey(readKey(stored?.keyPem ?? ""), url));
  return { outcome, works: found?.url === url, unsettled: stored?.nextKeyPem !== undefined };
}

const gateway = { status: 504, headers: { "Content-Type": "text/html" }, body: "<h1>Gateway Timeout</h1>" };

test("a key the CA took is kept, though a gateway says that it failed", async () => {
  const accountKey = await generateKey();
  await using setup = await setUpAccount({ accountKey });
  expect(await rolledOver(setup, accountKey, () => gateway)).toEqual({
    outcome: "done",
    works: true,
    unsettled: false,
  });
});

test("a key the CA never heard of is thrown away", async () => {
  const accountKey = await generateKey();
  await using setup = await setUpAccount({ accountKey });
  const rolled = await rolledOver(setup, accountKey, "drop");
  expect(rolled).toEqual({ outcome: "ACME_UNREACHABLE", works: true, unsettled: false });
});
