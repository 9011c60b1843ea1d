import { expect, test } from "vitest";
import { parseDirectory } from "./directory.ts";
import type { CachedDirectory, DirectoryCache } from "./directory-source.ts";
import { json, problem } from "./testing/fake-ca.ts";
import { failure, setUp } from "./testing/setup.ts";

const url = "https://ca.example/dir";
const least = {
  newNonce: "https://ca.example/n",
  newAccount: "https://ca.example/a",
  newOrder: "https://ca.example/o",
};

function memoryCache(
  entry?: CachedDirectory,
): DirectoryCache & { readonly kept: Map<string, CachedDirectory>; entry: CachedDirectory | undefined } {
  const kept = new Map<string, CachedDirectory>();
  const cache = {
    kept,
    entry,
    read: async (key: string) => kept.get(key) ?? cache.entry,
    write: async (key: string, value: CachedDirectory) => void kept.set(key, value),
  };
  return cache;
}

test("a directory with all that may be in it", () => {
  const directory = parseDirectory(
    {
      ...least,
      revokeCert: "https://ca.example/r",
      renewalInfo: "https://ari.ca.example/i",
      meta: {
        termsOfService: "https://ca.example/tos",
        website: "http://ca.example",
        caaIdentities: ["CA.example", 7],
        externalAccountRequired: true,
        profiles: { classic: "https://ca.example/p", shortlived: "six days\u001b[1m", "bad name": "x" },
      },
    },
    url,
  );
  expect(directory).toMatchObject({
    url,
    ...least,
    revokeCert: "https://ca.example/r",
    renewalInfo: "https://ari.ca.example/i",
  });
  expect(directory.meta).toEqual({
    termsOfService: "https://ca.example/tos",
    website: "http://ca.example",
    caaIdentities: ["ca.example"],
    externalAccountRequired: true,
    profiles: new Map([
      ["classic", "https://ca.example/p"],
      ["shortlived", "six days [1m"],
    ]),
  });
});

test("the least a directory can be", () => {
  expect(parseDirectory(least, url).meta).toEqual({
    caaIdentities: [],
    externalAccountRequired: false,
    profiles: new Map(),
  });
});

test.each([
  [{ ...least, newOrder: undefined }, "ACME_NOT_ACME"],
  [{ ...least, newOrder: "http://ca.example/o" }, "ACME_INSECURE_URL"],
  [{ ...least, revokeCert: "not a url" }, "ACME_BAD_ANSWER"],
  [{ ...least, meta: [] }, "ACME_BAD_ANSWER"],
  [{ ...least, meta: { externalAccountRequired: "yes" } }, "ACME_BAD_ANSWER"],
  [{ ...least, meta: { profiles: [] } }, "ACME_BAD_ANSWER"],
  [{ ...least, newNonce: `https://ca.example/${"x".repeat(3000)}` }, "ACME_BAD_ANSWER"],
  [[], "ACME_BAD_ANSWER"],
])("%j is refused with %s", (value, code) => {
  expect(() => parseDirectory(value, url)).toThrow(expect.objectContaining({ code }));
});

test("a kept directory saves the request, and what is fetched is kept", async () => {
  const cache = memoryCache();
  await using first = await setUp({ cache });
  await first.client.directory();
  const kept = cache.kept.get(first.fake.directoryUrl);
  expect(kept).toMatchObject({ fetchedAt: first.time.now(), document: { newOrder: `${first.fake.origin}/new-order` } });
  cache.entry = { fetchedAt: first.time.now() - 86_000_000, document: first.fake.ca.directory() };
  cache.kept.clear();
  await using second = await setUp({ cache, directoryMaxAge: 86_400 });
  await second.client.directory();
  expect(second.fake.requests).toHaveLength(0);
});

test.each([
  ["old", { fetchedAt: Date.parse("2026-11-23T11:59:59Z"), document: least }],
  ["from the future", { fetchedAt: Date.parse("2026-11-25T00:00:00Z"), document: least }],
  ["damaged", { fetchedAt: Date.parse("2026-11-24T11:00:00Z"), document: { newNonce: 3 } }],
  [
    "insecure",
    { fetchedAt: Date.parse("2026-11-24T11:00:00Z"), document: { ...least, newOrder: "http://ca.example/o" } },
  ],
])("a kept directory that is %s is fetched anew", async (_, entry) => {
  await using setup = await setUp({ cache: memoryCache(entry) });
  expect((await setup.client.directory()).newOrder).toBe(`${setup.fake.origin}/new-order`);
  expect(setup.fake.trace()).toEqual(["GET directory"]);
});

test("an old directory serves while the CA's own cannot be had", async () => {
  await using setup = await setUp({ cache: memoryCache({ fetchedAt: 0, document: least }) });
  setup.fake.fault("directory", () => ({
    status: 200,
    headers: { "Content-Type": "text/html" },
    body: "<html>maintenance",
  }));
  expect((await setup.client.directory()).newOrder).toBe(least.newOrder);
});

test("a cache that fails costs a request and no more", async () => {
  const broken = async (): Promise<never> => {
    throw new Error("disk full");
  };
  await using setup = await setUp({ cache: { read: broken, write: broken } });
  expect((await setup.client.directory()).newOrder).toBe(`${setup.fake.origin}/new-order`);
});

test("a kept directory whose URLs are gone is fetched anew, once", async () => {
  const cache = memoryCache();
  await using setup = await setUp({ cache });
  const { client, fake, time } = setup;
  cache.entry = {
    fetchedAt: time.now(),
    document: { ...fake.ca.directory(), newAccount: `${fake.origin}/account/99` },
  };
  const answer = await client.postTo("newAccount", {}, { withPublicKey: true });
  expect(answer.status).toBe(201);
  expect(fake.trace()).toEqual(["HEAD newNonce", "POST account", "GET directory", "POST newAccount"]);
  fake.fault("newAccount", () => problem(404, "malformed", "gone for good"));
  expect(await failure(client.postTo("newAccount", {}, { withPublicKey: true }))).toMatchObject({ status: 404 });
  expect(fake.trace().slice(4)).toEqual(["POST newAccount"]);
});

test("a client that lives for months sees what its CA changes, and lives on where that cannot be had", async () => {
  await using setup = await setUp();
  const { client, fake, time } = setup;
  const pass = (seconds: number) => time.sleep(seconds * 1000, new AbortController().signal);
  expect((await client.directory()).meta.profiles.size).toBe(0);
  fake.ca.meta = { profiles: { shortlived: "six days" } };
  await pass(86_399);
  expect((await client.directory()).meta.profiles.size).toBe(0);
  await pass(1);
  fake.fault("directory", () => problem(404, "malformed", "moved"));
  expect((await client.directory()).meta.profiles.size).toBe(0);
  expect((await client.directory()).meta.profiles.size).toBe(0);
  expect(fake.requests).toHaveLength(2);
  await pass(3_600);
  expect((await client.directory()).meta.profiles.has("shortlived")).toBe(true);

  // A URL that is gone is no longer sure after a minute.
  await pass(60);
  fake.fault("newAccount", () => problem(404, "malformed", "gone"));
  await failure(client.postTo("newAccount", {}, { withPublicKey: true }));
  expect(fake.trace().slice(3)).toEqual(["HEAD newNonce", "POST newAccount", "GET directory"]);
});

test("the same goes for newNonce", async () => {
  const cache = memoryCache();
  await using setup = await setUp({ cache });
  const { client, fake, time } = setup;
  cache.entry = { fetchedAt: time.now(), document: { ...fake.ca.directory(), newNonce: `${fake.origin}/account/99` } };
  await client.postTo("newAccount", {}, { withPublicKey: true });
  expect(fake.trace()).toEqual(["HEAD account", "GET directory", "HEAD newNonce", "POST newAccount"]);
});

test("callers at the same moment share one fetch; one that leaves does not stop it", async () => {
  await using setup = await setUp();
  const { client, fake } = setup;
  const leaving = new AbortController();
  const left = failure(client.directory({ signal: leaving.signal }));
  const stayed = client.directory();
  leaving.abort(new Error("left"));
  expect((await left).message).toBe("left");
  expect((await stayed).newOrder).toBe(`${fake.origin}/new-order`);
  expect(fake.trace()).toEqual(["GET directory"]);
});

test("a directory that could not be had is asked for again next time", async () => {
  await using setup = await setUp();
  setup.fake.fault("directory", () => json({}));
  await failure(setup.client.directory());
  expect((await setup.client.directory()).newOrder).toBe(`${setup.fake.origin}/new-order`);
});
