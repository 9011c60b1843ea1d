import { expect, test } from "vitest";
import type { Identifier } from "../identifier.ts";
import { deactivateAuthorization, getAuthorizations } from "./authorization.ts";
import { answerChallenge } from "./challenge.ts";
import type { AcmeClient } from "./client.ts";
import { createCsr } from "./csr.ts";
import { generateKey } from "./keys.ts";
import { createOrder, finalizeOrder, getOrder, type Order } from "./order.ts";
import type { OrderError } from "./order-error.ts";
import { waitForOrder } from "./poll.ts";
import { json, problem } from "./testing/fake-ca.ts";
import { failure, setUp, setUpAccount } from "./testing/setup.ts";

const dns = (value: string): Identifier => ({ type: "dns", value });
const names = [dns("example.com"), dns("*.example.com"), { type: "ip" as const, value: "192.0.2.7" }];
const csrFor = async (identifiers: readonly Identifier[]) => (await createCsr(await generateKey(), identifiers)).der;

async function answerAll(client: AcmeClient, order: Order): Promise<void> {
  for (const { challenges } of await getAuthorizations(client, order.authorizations)) {
    if (challenges[0] !== undefined) await answerChallenge(client, challenges[0]);
  }
}

async function readyOrder(client: AcmeClient, identifiers = [dns("a.example")]): Promise<Order> {
  const order = await createOrder(client, { identifiers });
  await answerAll(client, order);
  return waitForOrder(client, order, "ready");
}

const edit =
  (change: object) => (reply: { body: string; status: number; headers: Readonly<Record<string, string>> }) => ({
    ...reply,
    body: JSON.stringify({ ...JSON.parse(reply.body), ...change }),
  });

test("one name takes the fewest requests the protocol allows", async () => {
  await using setup = await setUp();
  const { fake, time } = setup;
  const answer = await setup.client.postTo("newAccount", {}, { withPublicKey: true });
  const client = setup.client.withAccount(answer.location());
  const ready = await readyOrder(client);
  const finalized = await finalizeOrder(client, ready, await csrFor(ready.identifiers));
  const valid = await waitForOrder(client, finalized, "valid");
  await client.postAsGet(valid.certificate ?? "");
  expect(fake.trace()).toEqual([
    ...["GET directory", "HEAD newNonce", "POST newAccount", "POST newOrder", "POST authorization", "POST challenge"],
    ...["POST order", "POST finalize", "POST order", "POST certificate"],
  ]);
  // The first look comes before the CA's Retry-After, which is 7 here.
  expect(time.slept).toEqual([0.1, 0.1]);
});

test("an order for names, wildcards and addresses", async () => {
  await using setup = await setUpAccount();
  const { client } = setup;
  const order = await createOrder(client, { identifiers: names });
  expect(order).toMatchObject({ status: "pending", identifiers: names.toReversed(), expires: expect.any(Date) });
  const authorizations = await getAuthorizations(client, order.authorizations);
  expect(authorizations.map(({ identifier, wildcard }) => [identifier.value, wildcard])).toEqual([
    ["example.com", false],
    ["example.com", true],
    ["192.0.2.7", false],
  ]);
  expect(authorizations[0]?.otherTypes).toEqual(["quantum-01"]);
  expect(await deactivateAuthorization(client, order.authorizations[0] ?? "")).toMatchObject({ status: "deactivated" });
});

test("a profile the CA does not list is refused before ordering", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const error = await failure(createOrder(client, { identifiers: names, profile: "tlsserver" }));
  expect(error.code).toBe("ACME_INVALID_PROFILE");
  expect(fake.trace()).not.toContain("POST newOrder");
});

test("profile and replaces are sent when asked for, and only then", async () => {
  await using setup = await setUp();
  const { fake } = setup;
  fake.ca.meta = { profiles: { classic: "", shortlived: "" } };
  const client = setup.client.withAccount(
    (await setup.client.postTo("newAccount", {}, { withPublicKey: true })).location(),
  );
  expect(
    await createOrder(client, { identifiers: [dns("a.example")], profile: "shortlived", replaces: "a.b" }),
  ).toMatchObject({ profile: "shortlived", replaces: "a.b" });
  await createOrder(client, { identifiers: [dns("a.example")] });
  expect(fake.requests.at(-1)?.payload).toEqual({ identifiers: [dns("a.example")] });
  const error = await failure(createOrder(client, { identifiers: names, profile: "long" }));
  expect(error.hint).toContain("classic, shortlived");
});

test.each([
  [409, "alreadyReplaced"],
  [404, "malformed"],
  [400, "malformed"],
  [403, "unauthorized"],
])("replaces refused with %d %s is left out, once", async (status, type) => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", () => problem(status, type, "no"));
  const order = await createOrder(client, { identifiers: names, replaces: "x.y" });
  expect(order.replacesRefused).toMatchObject({ status, type: `urn:ietf:params:acme:error:${type}` });
  const payloads = fake.requests.filter(({ resource }) => resource === "newOrder").map(({ payload }) => payload);
  expect(payloads).toEqual([{ identifiers: names, replaces: "x.y" }, { identifiers: names }]);
  fake.fault(
    "newOrder",
    () => problem(status, type, "no"),
    () => problem(status, type, "still no"),
  );
  expect((await failure(createOrder(client, { identifiers: names, replaces: "x.y" }))).message).toBe("still no");
});

test.each([
  [429, "rateLimited"],
  [403, "rejectedIdentifier"],
  [403, "caa"],
  [400, "accountDoesNotExist"],
])("a refusal with %d %s has nothing to do with replaces", async (status, type) => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", () => problem(status, type, "no"));
  await failure(createOrder(client, { identifiers: names, replaces: "x.y" }));
  expect(fake.requests.filter(({ resource }) => resource === "newOrder")).toHaveLength(1);
});

test.each([
  ["other names", { identifiers: [dns("evil.example")] }],
  ["more names", { identifiers: [...names, dns("evil.example")] }],
  ["no status", { status: undefined }],
  ["an unknown status", { status: "nearly" }],
  ["no finalize URL", { finalize: undefined }],
  ["a flood of authorizations", { authorizations: Array(1001).fill("https://127.0.0.1/z") }],
  ["an authorization that is a number", { authorizations: [7] }],
  ["a date that is none", { expires: "soon" }],
])("an order with %s is refused", async (_, change) => {
  await using setup = await setUpAccount();
  setup.fake.fault("newOrder", edit(change));
  expect(await failure(createOrder(setup.client, { identifiers: names }))).toMatchObject({ code: "ACME_BAD_ANSWER" });
});

test("an order with an http URL is refused", async () => {
  await using setup = await setUpAccount();
  setup.fake.fault("newOrder", edit({ finalize: "http://127.0.0.1/f" }));
  expect(await failure(createOrder(setup.client, { identifiers: names }))).toMatchObject({ code: "ACME_INSECURE_URL" });
});

test("an order that is ready at once is not looked at", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", edit({ status: "ready" }));
  const order = await createOrder(client, { identifiers: names });
  const sent = fake.requests.length;
  expect(await waitForOrder(client, order, "ready")).toBe(order);
  expect(fake.requests).toHaveLength(sent);
});

test.each(["seconds", "a date"])("after the first look the CA's Retry-After rules (%s)", async (form) => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  const order = await createOrder(client, { identifiers: [dns("a.example")] });
  const later = () => (form === "seconds" ? "4" : new Date(time.now() + 4000).toUTCString());
  const wait = (reply: Parameters<ReturnType<typeof edit>>[0]) => ({
    ...reply,
    headers: { ...reply.headers, "Retry-After": later() },
  });
  fake.fault("order", wait, wait, edit({ status: "ready" }));
  await waitForOrder(client, order, "ready");
  expect(time.slept).toEqual([0.1, 4, 4]);
});

test("without Retry-After the pauses double up to ten seconds; the wait ends", async () => {
  await using setup = await setUpAccount();
  const { client, time } = setup;
  const order = await createOrder(client, { identifiers: [dns("a.example")] });
  const error = await failure(waitForOrder(client, order, "ready", { timeout: 40 }));
  expect(error).toMatchObject({ code: "ACME_TIMEOUT", retryable: true });
  expect(error.message).toContain(order.url);
  expect(time.slept.slice(0, 7)).toEqual([0.1, 0.5, 1, 2, 4, 8, 10]);
  expect(time.slept.reduce((sum, each) => sum + each, 0)).toBeCloseTo(40);
});

test("a Retry-After of days does not stop the looking", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  const order = await createOrder(client, { identifiers: [dns("a.example")] });
  fake.fault(
    "order",
    (reply) => ({ ...reply, headers: { ...reply.headers, "Retry-After": "999999" } }),
    edit({ status: "ready" }),
  );
  await waitForOrder(client, order, "ready");
  expect(time.slept).toEqual([0.1, 60]);
});

test("processing goes on for as long as it takes", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const ready = await readyOrder(client);
  const finalized = await finalizeOrder(client, ready, await csrFor(ready.identifiers));
  const processing = edit({ status: "processing", certificate: undefined });
  fake.fault("order", ...Array(6).fill(processing));
  expect(await waitForOrder(client, finalized, "valid")).toMatchObject({
    status: "valid",
    certificate: expect.stringContaining("/cert/"),
  });
});

test("the signal ends the waiting", async () => {
  const stop = new AbortController();
  await using setup = await setUpAccount({ onWait: () => stop.abort(new Error("enough")) });
  const order = await createOrder(setup.client, { identifiers: [dns("a.example")] });
  expect((await failure(waitForOrder(setup.client, order, "ready", { signal: stop.signal }))).message).toBe("enough");
});

test("an order that became invalid tells why, name by name", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.ca.failing.set("b.example", {
    type: "urn:ietf:params:acme:error:dns",
    detail: "NXDOMAIN\u001b[2J for b",
    status: 400,
  });
  const order = await createOrder(client, { identifiers: [dns("a.example"), dns("b.example"), dns("c.example")] });
  await answerAll(client, order);
  const error = (await failure(waitForOrder(client, order, "ready"))) as unknown as OrderError;
  expect(error).toMatchObject({ code: "ACME_DNS", retryable: true, name: "OrderError" });
  expect(error.failures).toMatchObject([
    { identifier: dns("b.example"), wildcard: false, challenge: "dns-01", problem: { code: "ACME_DNS" } },
  ]);
  expect(error.message).toBe("The CA could not validate b.example: NXDOMAIN [2J for b");
});

test("names that failed for different reasons share one error", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.ca.failing.set("a.example", { type: "urn:ietf:params:acme:error:dns", detail: "no A" });
  fake.ca.failing.set("*.b.example", { type: "urn:ietf:params:acme:error:caa", detail: "CAA" });
  const order = await createOrder(client, { identifiers: [dns("a.example"), dns("*.b.example")] });
  await answerAll(client, order);
  const error = await failure(waitForOrder(client, order, "ready"));
  expect(error.code).toBe("ACME_AUTHORIZATION_FAILED");
  expect(error.message).toBe("The CA could not validate a.example: no A; *.b.example: CAA");
});

test("where the details cannot be had, the order's own error is told", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.ca.failing.set("a.example", { type: "urn:ietf:params:acme:error:caa", detail: "CAA forbids" });
  const order = await createOrder(client, { identifiers: [dns("a.example")] });
  await answerAll(client, order);
  fake.fault("authorization", () => problem(404, "malformed", "gone"));
  expect(await failure(waitForOrder(client, order, "ready"))).toMatchObject({
    code: "ACME_CAA",
    message: "The order failed: CAA forbids",
    failures: [],
  });
  fake.fault("order", edit({ status: "invalid", error: undefined }));
  fake.fault("authorization", () => problem(404, "malformed", "gone"));
  expect(await failure(waitForOrder(client, order, "ready"))).toMatchObject({ code: "ACME_ORDER_INVALID" });
});

test("a CSR whose answer is lost is not sent again; the order tells what became of it", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const ready = await readyOrder(client);
  fake.fault("finalize", "lose");
  const finalized = await finalizeOrder(client, ready, await csrFor(ready.identifiers));
  expect(finalized.status).toMatch(/processing|valid/);
  expect(fake.requests.filter(({ resource }) => resource === "finalize")).toHaveLength(1);
});

test("a CSR that never arrived is sent again", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const ready = await readyOrder(client);
  fake.fault("finalize", "drop");
  const finalized = await finalizeOrder(client, ready, await csrFor(ready.identifiers));
  expect(await waitForOrder(client, finalized, "valid")).toMatchObject({ status: "valid" });
});

test("an order that was finalized before is taken up where it stands", async () => {
  await using setup = await setUpAccount();
  const { client } = setup;
  const ready = await readyOrder(client);
  const csr = await csrFor(ready.identifiers);
  await finalizeOrder(client, ready, csr);
  expect(await finalizeOrder(client, ready, csr)).toMatchObject({ status: "valid" });
  expect(await getOrder(client, ready.url)).toMatchObject({ url: ready.url, status: "valid" });
});

test("a CSR the CA refuses is an error", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const pending = await createOrder(client, { identifiers: [dns("a.example")] });
  expect(await failure(finalizeOrder(client, pending, Buffer.from("x")))).toMatchObject({
    code: "ACME_ORDER_NOT_READY",
  });
  fake.fault("finalize", () => problem(400, "badCSR", "no"));
  expect(await failure(finalizeOrder(client, pending, Buffer.from("x")))).toMatchObject({ code: "ACME_BAD_CSR" });
  fake.fault("finalize", () => json([]));
  expect(await failure(finalizeOrder(client, pending, Buffer.from("x")))).toMatchObject({ code: "ACME_NOT_ACME" });
});
