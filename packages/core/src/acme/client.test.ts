import { expect, test } from "vitest";
import { createAcmeClient } from "./client.ts";
import { generateKey } from "./keys.ts";
import { json, problem } from "./testing/fake-ca.ts";
import { failure, setUp, setUpAccount } from "./testing/setup.ts";

const badNonce = () => problem(400, "badNonce", "stale");
const order = { identifiers: [{ type: "dns", value: "a.example" }] };

test("nothing is sent until something is asked, and then one nonce is fetched for all", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  expect(fake.requests).toHaveLength(0);
  const account = client.withAccount((await client.postTo("newAccount", {}, { withPublicKey: true })).location());
  const made = await account.postTo("newOrder", order);
  await account.postAsGet(made.location());
  expect(fake.trace()).toEqual(["GET directory", "HEAD newNonce", "POST newAccount", "POST newOrder", "POST order"]);
});

test("the CA's time costs no request: its nonce is used by the next; after a minute it is asked anew", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  const before = fake.requests.length;
  const ahead = await client.clockAhead();
  // The server has this machine's time, the client that of the test.
  expect(Math.abs((ahead ?? 0) - (Date.now() - time.now()))).toBeLessThan(60_000);
  expect(fake.requests).toHaveLength(before);
  await time.sleep(61_000, new AbortController().signal);
  await client.clockAhead();
  await client.postTo("newOrder", order);
  expect(fake.trace().slice(before)).toEqual(["HEAD newNonce", "POST newOrder"]);
});

test("a CA that cannot be asked tells no time; where its TLS is refused, as by a wrong clock, that is told", async () => {
  await using setup = await setUp();
  const { directoryUrl } = setup.client;
  const options = { directoryUrl, accountKey: await generateKey(), userAgent: "certwright/test" };
  await expect(createAcmeClient(options).clockAhead()).rejects.toMatchObject({ code: "ACME_TLS_UNTRUSTED" });
  setup.fake.faultAlways("newNonce", () => problem(500, "serverInternal", "down"));
  expect(await setup.client.clockAhead()).toEqual(expect.any(Number));
  const closed = { ...options, directoryUrl: "https://127.0.0.1:1/dir", retry: { attempts: 1 } };
  expect(await createAcmeClient(closed).clockAhead()).toBeUndefined();
});

test("twenty callers at once share the directory and the nonce", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  const { location } = await client.postTo("newOrder", order);
  const url = location();
  const before = fake.requests.length;
  await Promise.all(Array.from({ length: 10 }, () => client.postAsGet(url)));
  expect(fake.requests.length - before).toBe(10);
  expect(fake.trace().filter((each) => each === "HEAD newNonce")).toHaveLength(1);
});

test("a stale nonce is replaced by the one the refusal brings", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  fake.fault("newOrder", badNonce, badNonce, badNonce);
  await client.postTo("newOrder", order);
  expect(fake.trace().slice(3)).toEqual(Array(4).fill("POST newOrder"));
  expect(time.slept).toEqual([]);
  const nonces = fake.requests.flatMap(({ nonce }) => nonce ?? []);
  expect(new Set(nonces).size).toBe(nonces.length);
});

test("a CA that refuses every nonce is not asked for ever", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.faultAlways("newOrder", badNonce);
  const error = await failure(client.postTo("newOrder", order));
  expect(error).toMatchObject({ code: "ACME_BAD_NONCE", type: "urn:ietf:params:acme:error:badNonce", retryable: true });
  expect(fake.requests.filter(({ resource }) => resource === "newOrder")).toHaveLength(13);
});

test("a problem that only talks of nonces is not repeated", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", () => problem(400, "malformed", "bad nonce: badNonce"));
  expect(await failure(client.postTo("newOrder", order))).toMatchObject({ code: "ACME_MALFORMED" });
  expect(fake.requests.filter(({ resource }) => resource === "newOrder")).toHaveLength(1);
});

test.each([
  ["seconds", { "Retry-After": "3" }, [3]],
  ["a date", { "Retry-After": "Tue, 24 Nov 2026 12:00:08 GMT" }, [8]],
  ["zero", { "Retry-After": "0" }, [0.25]],
])("429 with Retry-After as %s is waited out and repeated with a fresh nonce", async (_, headers, slept) => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  fake.fault("newOrder", () => problem(429, "rateLimited", "slow down", headers));
  await client.postTo("newOrder", order);
  expect(time.slept).toEqual(slept);
  const [first, second] = fake.requests.filter(({ resource }) => resource === "newOrder");
  expect(first?.nonce).not.toBe(second?.nonce);
});

test.each([
  ["an hour", { "Retry-After": "3600" }, 3600, /a pause of 60 min\.$/],
  ["thirty years", { "Retry-After": "999999999" }, 2_592_000, /a pause of 720 h\.$/],
  ["nothing", {}, undefined, /only prolongs it\.$/],
  ["less than nothing", { "Retry-After": "-1" }, undefined, /only prolongs it\.$/],
])("429 with Retry-After of %s is thrown at once", async (_, headers, retryAfter, hint) => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  fake.fault("newOrder", () => problem(429, "rateLimited", "too many certificates", headers));
  const error = await failure(client.postTo("newOrder", order));
  const said = { hint: expect.stringMatching(hint) };
  expect(error).toMatchObject({ code: "ACME_RATE_LIMITED", retryAfter, retryable: true, ...said });
  expect(time.slept).toEqual([]);
});

test("503 with a date holds back every caller, not only the one it was told", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  const { location } = await client.postTo("newOrder", order);
  const url = location();
  fake.fault("order", () => ({
    status: 503,
    headers: { "Retry-After": "600", "Content-Type": "text/html" },
    body: "<h1>busy</h1>",
  }));
  const busy = { code: "ACME_UNAVAILABLE", retryAfter: 600, status: 503 };
  expect(await failure(client.postAsGet(url))).toMatchObject(busy);
  const sent = fake.requests.length;
  expect(await failure(client.postTo("newOrder", order))).toMatchObject(busy);
  expect(fake.requests).toHaveLength(sent);
  await time.sleep(600_000, new AbortController().signal);
  await client.postTo("newOrder", order);
});

test("503 for renewal info holds back nothing else, and no pause outlasts an hour", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  const busy = () => problem(503, "serverInternal", "busy", { "Retry-After": "99999" });
  fake.fault("renewalInfo", busy);
  expect(await failure(client.get(`${fake.origin}/ari/x`))).toMatchObject({ retryAfter: 99_999 });
  fake.fault("newOrder", undefined, busy);
  await client.postTo("newOrder", order);
  await failure(client.postTo("newOrder", order));
  await failure(client.postTo("newOrder", order));
  await time.sleep(3_600_000, new AbortController().signal);
  await client.postTo("newOrder", order);
  expect(fake.requests.filter(({ resource }) => resource === "newOrder")).toHaveLength(3);
});

test("a pause noted by a clock that was ahead ends when that is set back", async () => {
  let now = Date.parse("2027-11-24T12:00:00Z");
  const time = { now: () => now, random: () => 0, sleep: async () => {} };
  await using setup = await setUpAccount({ time });
  const { client, fake } = setup;
  fake.fault("newOrder", () => problem(503, "serverInternal", "busy", { "Retry-After": "600" }));
  expect(await failure(client.postTo("newOrder", order))).toMatchObject({ retryAfter: 600 });
  now = Date.parse("2026-11-24T12:00:00Z");
  await client.postTo("newOrder", order);
});

test("a CA that stays in trouble is given up on within the budget", async () => {
  await using setup = await setUpAccount();
  const { client, fake, time } = setup;
  fake.faultAlways("newOrder", () => problem(503, "serverInternal", "down", { "Retry-After": "12" }));
  expect(await failure(client.postTo("newOrder", order))).toMatchObject({
    code: "ACME_SERVER_INTERNAL",
    status: 503,
    retryAfter: 12,
  });
  expect(time.slept).toEqual([12, 12]);
});

test.each(["drop", "lose", "truncate"] as const)(
  "a connection that fails (%s) is tried again with a fresh nonce",
  async (fault) => {
    await using setup = await setUpAccount();
    const { client, fake } = setup;
    fake.fault("newOrder", fault);
    expect((await client.postTo("newOrder", order)).status).toBe(201);
    const nonces = fake.requests.flatMap(({ nonce }) => nonce ?? []);
    expect(new Set(nonces).size).toBe(nonces.length);
  },
);

test("what must not happen twice is not sent twice", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", "lose");
  expect(await failure(client.postTo("newOrder", order, { repeatable: false }))).toMatchObject({
    code: "ACME_UNREACHABLE",
    uncertain: true,
  });
  fake.fault("newOrder", () => problem(500, "serverInternal", "oops"));
  expect(await failure(client.postTo("newOrder", order, { repeatable: false }))).toMatchObject({
    code: "ACME_SERVER_INTERNAL",
  });
  expect(fake.requests.filter(({ resource }) => resource === "newOrder")).toHaveLength(2);
});

test("a CA that is not there is reported after a few tries", async () => {
  await using setup = await setUp();
  const { client, fake, time } = setup;
  for (const _ of Array(4)) fake.fault("directory", "drop");
  expect(await failure(client.directory())).toMatchObject({ code: "ACME_UNREACHABLE" });
  expect(time.slept).toEqual([0.25, 0.5, 1]);
});

test.each([
  [
    "HTML with 200",
    { status: 200, headers: { "Content-Type": "text/html" }, body: "<html>login</html>" },
    "an HTML page",
  ],
  ["HTML with 404", { status: 404, headers: { "Content-Type": "text/html" }, body: "<html>?</html>" }, "an HTML page"],
  [
    "JSON of another kind",
    { status: 200, headers: { "Content-Type": "application/json" }, body: '{"hello":1}' },
    "not with an ACME directory",
  ],
  [
    "half of a JSON",
    { status: 200, headers: { "Content-Type": "application/json" }, body: '{"newNonce":"htt' },
    "other than JSON",
  ],
  ["nothing", { status: 200, headers: {}, body: "" }, "no content"],
])("an address that answers %s is no ACME server", async (_, reply, words) => {
  await using setup = await setUp();
  setup.fake.fault("directory", () => reply);
  const error = await failure(setup.client.directory());
  expect(error.code).toBe("ACME_NOT_ACME");
  expect(error.message).toContain(words);
  expect(error.hint).toContain("directory");
});

test("a redirect is refused, and its target named where it is fit to be", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  fake.fault("directory", () => ({ status: 301, headers: { Location: "https://elsewhere.example/dir" }, body: "" }));
  const error = await failure(client.directory());
  expect(error).toMatchObject({ code: "ACME_REDIRECTED", status: 301 });
  expect(error.hint).toContain("https://elsewhere.example/dir");
  expect(fake.requests).toHaveLength(1);
});

test("http is refused before anything is sent, at the door and behind it", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  const accountKey = await generateKey();
  expect(() => createAcmeClient({ directoryUrl: "http://ca.example/dir", accountKey, userAgent: "x" })).toThrow(
    /does not use https/,
  );
  fake.fault("directory", (reply) => json({ ...JSON.parse(reply.body), newOrder: "http://127.0.0.1/order" }));
  expect(await failure(client.directory())).toMatchObject({ code: "ACME_INSECURE_URL" });
});

test.each([
  "ftp://ca.example/dir",
  "ca.example/dir",
  "",
  "https://user:secret@ca.example/dir",
  "https://ca.example/\ndir",
])("%j is no directory URL", async (directoryUrl) => {
  const accountKey = await generateKey();
  expect(() => createAcmeClient({ directoryUrl, accountKey, userAgent: "x" })).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ACME_(INSECURE_URL|BAD_ANSWER)$/) }),
  );
});

test("a Location at another host is refused", async () => {
  await using setup = await setUpAccount();
  const { client, fake } = setup;
  fake.fault("newOrder", (reply) => ({
    ...reply,
    headers: { ...reply.headers, Location: "https://169.254.169.254/latest" },
  }));
  const answer = await client.postTo("newOrder", order);
  expect(() => answer.location()).toThrow(expect.objectContaining({ code: "ACME_FOREIGN_URL" }));
  expect(await failure(client.postAsGet("https://169.254.169.254/latest"))).toMatchObject({ code: "ACME_FOREIGN_URL" });
});

test("the hosts the directory names are the CA's own, and so are those allowed by hand", async () => {
  await using setup = await setUp({ extraHosts: ["allowed.example"], retry: { attempts: 1 } });
  const { client, fake } = setup;
  const port = new URL(fake.origin).port;
  fake.fault("directory", (reply) => json({ ...JSON.parse(reply.body), renewalInfo: `https://localhost:${port}/ari` }));
  expect(await failure(client.get(`https://localhost:${port}/ari/x`))).toMatchObject({ status: 404 });
  const stopped = AbortSignal.abort(new Error("not really"));
  expect(await failure(client.get("https://allowed.example/x", { signal: stopped }))).not.toMatchObject({
    code: "ACME_FOREIGN_URL",
  });
  expect(await failure(client.get("https://other.example/x"))).toMatchObject({ code: "ACME_FOREIGN_URL" });
});

test("an account is asked for before a request that needs one", async () => {
  await using setup = await setUp();
  expect(await failure(setup.client.postTo("newOrder", order))).toMatchObject({ code: "ACME_ACCOUNT_NEEDED" });
});

test("a resource the CA lacks is told by name", async () => {
  await using setup = await setUp();
  setup.fake.fault("directory", (reply) => {
    const { keyChange: _, ...rest } = JSON.parse(reply.body);
    return json(rest);
  });
  const error = await failure(setup.client.postTo("keyChange", {}));
  expect(error.code).toBe("ACME_NOT_SUPPORTED");
  expect(error.message).toContain("keyChange");
});

test.each(["", undefined])("an empty nonce (%j) is never signed with", async (nonce) => {
  await using setup = await setUp();
  const { client, fake } = setup;
  fake.faultAlways("newNonce", (reply) => ({
    ...reply,
    headers: { ...reply.headers, "Replay-Nonce": nonce ?? "not base64url!" },
  }));
  expect(await failure(client.postTo("newAccount", {}, { withPublicKey: true }))).toMatchObject({
    code: "ACME_BAD_ANSWER",
  });
  expect(fake.trace()).toEqual(["GET directory", "HEAD newNonce"]);
});

test("the signal ends a wait between tries", async () => {
  const stop = new AbortController();
  await using setup = await setUpAccount({ onWait: () => stop.abort(new Error("enough")) });
  const { client, fake } = setup;
  fake.fault("newOrder", () => problem(429, "rateLimited", "slow", { "Retry-After": "20" }));
  expect((await failure(client.postTo("newOrder", order, { signal: stop.signal }))).message).toBe("enough");
});

test("waits of a second and more are told of", async () => {
  const waits: unknown[] = [];
  await using setup = await setUpAccount({ onWait: (event) => waits.push(event) });
  const { client, fake } = setup;
  fake.fault("newOrder", "drop", () => problem(429, "rateLimited", "slow down", { "Retry-After": "5" }));
  await client.postTo("newOrder", order);
  expect(waits).toEqual([{ reason: "slow down", seconds: 5 }]);
});
