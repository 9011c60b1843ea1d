import {
  answerChallenge,
  type CachedDirectory,
  createAccount,
  createCsr,
  createOrder,
  finalizeOrder,
  generateKey,
  getAuthorizations,
  isIssuedBy,
  keyTypes,
  readCertificate,
  waitForOrder,
} from "@certwright/core/acme";
import { describe, expect, test } from "vitest";
import { agreed, clientFor, dns, issue, pebble, prove, registered } from "./acme-fixture.ts";
import { oneLookEach } from "./acme-requests.ts";
import { patience } from "./cli-process.ts";

describe("requests for one name over dns-01, counted at the CA", () => {
  // Of a name that is proved already, Pebble takes the old proof now and then.
  const wanted = (which: string) => ({ identifiers: [dns(`${which}.count.example.test`)] });
  const kept = new Map<string, CachedDirectory>();
  const cache = {
    read: async (url: string) => kept.get(url),
    write: async (url: string, entry: CachedDirectory) => void kept.set(url, entry),
  };
  const issuance = [
    ...["POST /order-plz", "POST /authZ/", "POST /chalZ/", "POST /my-order/"],
    ...["POST /finalize-order/", "POST /my-order/", "POST /certZ/"],
  ];

  async function counted(run: () => Promise<unknown>): Promise<string[]> {
    const before = (await pebble.requests()).length;
    await run();
    return oneLookEach((await pebble.requests()).slice(before)).map(
      ({ method, path }) => `${method} ${path.replace(/[^/]{20,}$|(?<=\/)\d+$/, "")}`,
    );
  }

  test("10 with a new account, 9 with a known one, 8 with a kept directory", async () => {
    const accountKey = await generateKey();
    let accountUrl = "";
    const first = await counted(async () => {
      const client = await clientFor(pebble, { accountKey });
      accountUrl = (await createAccount(client, agreed)).url;
      await issue(client.withAccount(accountUrl), wanted("first"));
      client.close();
    });
    expect(first).toEqual(["GET /dir", "HEAD /nonce-plz", "POST /sign-me-up", ...issuance]);

    const second = await counted(async () => {
      const client = await clientFor(pebble, { accountKey, accountUrl, cache });
      await issue(client, wanted("second"));
      client.close();
    });
    expect(second).toEqual(["GET /dir", "HEAD /nonce-plz", ...issuance]);

    const third = await counted(async () => {
      const client = await clientFor(pebble, { accountKey, accountUrl, cache });
      await issue(client, wanted("third"));
      client.close();
    });
    expect(third).toEqual(["HEAD /nonce-plz", ...issuance]);
  });

  test("7 for each further certificate of one client, side by side", async () => {
    const client = await registered(pebble);
    const count = 8;
    const requests = await counted(() =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          issue(client, { identifiers: [dns(`batch-${index}.example.test`)] }),
        ),
      ),
    );
    client.close();
    expect(requests.filter((each) => !each.startsWith("HEAD"))).toHaveLength(7 * count);
    expect(requests.filter((each) => each.startsWith("HEAD")).length).toBeLessThanOrEqual(1);
  });
});

describe("what is ordered", () => {
  test("a wildcard beside its base name", async () => {
    const client = await registered(pebble);
    await issue(client, { identifiers: [dns("wild.example.test"), dns("*.wild.example.test")] });
  });

  test("a hundred names, with a handful of nonces", async () => {
    const client = await registered(pebble);
    const before = (await pebble.requests()).length;
    await issue(client, { identifiers: Array.from({ length: 100 }, (_, index) => dns(`n${index}.example.test`)) });
    const heads = (await pebble.requests()).slice(before).filter(({ method }) => method === "HEAD");
    expect(heads.length).toBeLessThanOrEqual(9);
  });

  test.each(keyTypes)("a key of type %s", async (keyType) => {
    const client = await registered(pebble, { accountKey: await generateKey(keyType) });
    const { leaf } = await issue(client, { identifiers: [dns(`${keyType}.example.test`)] }, { keyType });
    expect(leaf.keyType).toBe(keyType);
  });

  test("an address, over http-01", async () => {
    const client = await registered(pebble);
    const { leaf } = await issue(
      client,
      { identifiers: [{ type: "ip", value: "127.0.0.1" }] },
      { challenge: "http-01" },
    );
    expect(leaf.names).toEqual(["127.0.0.1"]);
  });

  test.each(["dns-account-01", "dns-persist-01"] as const)("a name over %s", async (challenge) => {
    const client = await registered(pebble);
    await issue(client, { identifiers: [dns(`${challenge}.example.test`)] }, { challenge });
  });

  test("a wildcard over dns-persist-01", async () => {
    const client = await registered(pebble);
    await issue(client, { identifiers: [dns("*.persist.example.test")] }, { challenge: "dns-persist-01" });
  });

  test("a profile", async () => {
    const client = await registered(pebble);
    const { leaf, order } = await issue(client, { identifiers: [dns("short.example.test")], profile: "shortlived" });
    expect(order.profile).toBe("shortlived");
    expect((leaf.notAfter.getTime() - leaf.notBefore.getTime()) / 86_400_000).toBeCloseTo(6, 1);
    await expect(createOrder(client, { identifiers: [dns("x.example.test")], profile: "none" })).rejects.toMatchObject({
      code: "ACME_INVALID_PROFILE",
      hint: expect.stringContaining("shortlived"),
    });
  });

  test("a chain by the name or the fingerprint of its root", async () => {
    const client = await registered(pebble);
    const roots = await pebble.roots();
    const alternate = readCertificate(roots[1] ?? "");
    for (const preferredChain of [alternate.subject, alternate.fingerprint256]) {
      const { chain } = await issue(
        client,
        { identifiers: [dns("chain.example.test")] },
        { download: { preferredChain, roots } },
      );
      expect(chain.preferred).toBe(true);
      const top = chain.certificates.at(-1);
      expect(top !== undefined && isIssuedBy(top, alternate)).toBe(true);
    }
    const { chain } = await issue(
      client,
      { identifiers: [dns("chain.example.test")] },
      { download: { preferredChain: "No Such Root" } },
    );
    expect(chain.preferred).toBe(false);
  });
});

describe("what the CA refuses", () => {
  test("a name its policy forbids", async () => {
    const client = await registered(pebble);
    await expect(createOrder(client, { identifiers: [dns("www.blocked.test")] })).rejects.toMatchObject({
      code: "ACME_REJECTED_IDENTIFIER",
    });
  });

  test("a proof that is not there, told by name", async () => {
    const client = await registered(pebble);
    const order = await createOrder(client, { identifiers: [dns("missing.example.test")] });
    const [authorization] = await getAuthorizations(client, order.authorizations);
    const challenge = authorization?.challenges.find(({ type }) => type === "dns-01");
    if (challenge === undefined) return expect.unreachable();
    await answerChallenge(client, challenge);
    await expect(waitForOrder(client, order, "ready", { timeout: patience / 1000 })).rejects.toMatchObject({
      name: "OrderError",
      code: "ACME_UNAUTHORIZED",
      failures: [{ identifier: dns("missing.example.test"), challenge: "dns-01" }],
      message: expect.stringContaining("missing.example.test"),
    });
  });

  test("terms that were not agreed to", async () => {
    const client = await clientFor(pebble);
    await expect(createAccount(client, { termsOfServiceAgreed: false })).rejects.toMatchObject({
      code: "ACME_USER_ACTION_REQUIRED",
    });
  });

  test("a CSR for other names than the order", async () => {
    const client = await registered(pebble);
    const order = await createOrder(client, { identifiers: [dns("right.example.test")] });
    await prove(client, order);
    const ready = await waitForOrder(client, order, "ready", { timeout: patience / 1000 });
    const { der } = await createCsr(await generateKey(), [dns("wrong.example.test")]);
    await expect(finalizeOrder(client, ready, der)).rejects.toMatchObject({ name: "AcmeProblem" });
  });
});
