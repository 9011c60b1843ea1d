import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  changeAccountKey,
  createAccount,
  deactivateAccount,
  findAccount,
  getAccount,
  updateAccount,
} from "./account.ts";
import { generateKey } from "./keys.ts";
import { json } from "./testing/fake-ca.ts";
import { failure, setUp } from "./testing/setup.ts";

const agreed = { termsOfServiceAgreed: true, contact: ["mailto:a@b.example"] };
const terms = "https://ca.example/terms";

test("registering takes one request, new or not", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  const account = await createAccount(client, agreed);
  expect(account).toEqual({
    url: `${fake.origin}/account/0`,
    status: "valid",
    contact: agreed.contact,
    orders: `${fake.origin}/orders/0`,
    created: true,
  });
  expect(await createAccount(client, { termsOfServiceAgreed: true })).toMatchObject({
    url: account.url,
    created: false,
  });
  expect(fake.trace().slice(2)).toEqual(["POST newAccount", "POST newAccount"]);
  expect(fake.requests.at(-1)?.payload).toEqual({ termsOfServiceAgreed: true });
});

test("an account is found by its key, and by no other", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  expect(await findAccount(client)).toBeUndefined();
  const { url } = await createAccount(client, agreed);
  expect(await findAccount(client)).toMatchObject({ url });
  expect(await findAccount(client.withKey(await generateKey()))).toBeUndefined();
  expect(fake.requests.at(-1)?.payload).toEqual({ onlyReturnExisting: true });
});

test("terms that were not agreed to stop before the CA is asked", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  fake.ca.meta = { termsOfService: terms };
  const error = await failure(createAccount(client, { termsOfServiceAgreed: false }));
  expect(error).toMatchObject({ code: "ACME_USER_ACTION_REQUIRED", instance: terms });
  expect(error.hint).toContain(terms);
  expect(fake.trace()).toEqual(["GET directory"]);
});

test.each(["base64url", "base64"] as const)("an external account is bound by its key in %s", async (encoding) => {
  await using setup = await setUp();
  const { client, fake } = setup;
  const key = randomBytes(33);
  fake.ca.meta = { externalAccountRequired: true };
  fake.ca.externalAccounts.set("kid-1", key);
  expect(await failure(createAccount(client, agreed))).toMatchObject({ code: "ACME_EXTERNAL_ACCOUNT_REQUIRED" });
  expect(fake.trace()).toEqual(["GET directory"]);
  const account = await createAccount(client, {
    ...agreed,
    externalAccount: { keyId: "kid-1", hmacKey: key.toString(encoding) },
  });
  expect(account.created).toBe(true);
  const wrong = { ...agreed, externalAccount: { keyId: "kid-1", hmacKey: randomBytes(32).toString(encoding) } };
  const refused = await failure(createAccount(client.withKey(await generateKey()), wrong));
  expect(refused.code).toBe("ACME_UNAUTHORIZED");
});

test.each([
  { keyId: "", hmacKey: "x".repeat(43) },
  { keyId: "a b", hmacKey: "x".repeat(43) },
  { keyId: "a", hmacKey: "" },
  { keyId: "a", hmacKey: "tiny-key" },
  { keyId: "a", hmacKey: "not base64 at all, is it?" },
])("external account %j is refused before it is sent", async (externalAccount) => {
  await using setup = await setUp();
  const error = await failure(createAccount(setup.client, { ...agreed, externalAccount }));
  expect(error.code).toBe("ACME_EXTERNAL_ACCOUNT_INVALID");
  if (externalAccount.hmacKey !== "") expect(error.message).not.toContain(externalAccount.hmacKey);
  expect(setup.fake.trace()).toEqual(["GET directory"]);
});

test("contacts are replaced; an account is read and given up", async () => {
  await using setup = await setUp();
  const { url } = await createAccount(setup.client, agreed);
  const client = setup.client.withAccount(url);
  expect(await updateAccount(client, ["mailto:new@b.example"])).toMatchObject({ contact: ["mailto:new@b.example"] });
  expect(await getAccount(client)).toMatchObject({ url, status: "valid", contact: ["mailto:new@b.example"] });
  expect(await deactivateAccount(client)).toMatchObject({ status: "deactivated" });
  expect(await failure(findAccount(setup.client))).toMatchObject({ code: "ACME_ACCOUNT_DEACTIVATED" });
  expect(await failure(createAccount(setup.client, agreed))).toMatchObject({ code: "ACME_ACCOUNT_DEACTIVATED" });
});

test("a CA that echoes no contact, or odd ones, is still read", async () => {
  await using setup = await setUp();
  setup.fake.fault("newAccount", (reply) => ({
    ...reply,
    body: json({ status: "valid", contact: [4, "mailto:a\u001b[1m@b"] }).body,
  }));
  expect(await createAccount(setup.client, agreed)).toMatchObject({ contact: ["mailto:a [1m@b"] });
});

test("an account in no known state is refused", async () => {
  await using setup = await setUp();
  setup.fake.fault("newAccount", (reply) => ({ ...reply, body: json({ status: "asleep" }).body }));
  expect(await failure(createAccount(setup.client, agreed))).toMatchObject({ code: "ACME_BAD_ANSWER" });
});

test("an account takes a new key, and only that works from then on", async () => {
  await using setup = await setUp();
  const { url } = await createAccount(setup.client, agreed);
  const client = setup.client.withAccount(url);
  const successor = await changeAccountKey(client, await generateKey("ec384"));
  expect(successor.accountUrl).toBe(url);
  expect(await findAccount(successor)).toMatchObject({ url });
  expect(await findAccount(setup.client)).toBeUndefined();
});

test("where the answer to a key change is lost, the CA is asked which key it has", async () => {
  await using setup = await setUp();
  const { url } = await createAccount(setup.client, agreed);
  const client = setup.client.withAccount(url);
  setup.fake.fault("keyChange", "lose");
  const successor = await changeAccountKey(client, await generateKey());
  expect(await findAccount(successor)).toMatchObject({ url });
  setup.fake.fault("keyChange", "drop");
  expect(await failure(changeAccountKey(successor, await generateKey()))).toMatchObject({ code: "ACME_UNREACHABLE" });
  expect(await findAccount(successor)).toMatchObject({ url });
});
