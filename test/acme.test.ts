import { readFile } from "node:fs/promises";
import { request } from "node:https";
import {
  type Challtestsrv,
  type Pebble,
  type PebbleOptions,
  startChalltestsrv,
  startPebble,
} from "@certwright/tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  changeAccountKey,
  createAccount,
  deactivateAccount,
  findAccount,
  getAccount,
  updateAccount,
} from "../packages/core/src/acme/account.ts";
import { getAuthorizations } from "../packages/core/src/acme/authorization.ts";
import { type DownloadOptions, downloadCertificate } from "../packages/core/src/acme/certificate.ts";
import {
  answerChallenge,
  dns01Record,
  dnsAccount01Record,
  dnsPersist01Record,
  http01Resource,
  keyAuthorization,
} from "../packages/core/src/acme/challenge.ts";
import { type AcmeClient, type AcmeClientOptions, createAcmeClient } from "../packages/core/src/acme/client.ts";
import { createCsr } from "../packages/core/src/acme/csr.ts";
import type { CachedDirectory } from "../packages/core/src/acme/directory-source.ts";
import { generateKey, type KeyType, keyFingerprint, keyTypes } from "../packages/core/src/acme/keys.ts";
import { createOrder, finalizeOrder, type NewOrder, type Order } from "../packages/core/src/acme/order.ts";
import { waitForOrder } from "../packages/core/src/acme/poll.ts";
import { certificateId, getRenewalInfo } from "../packages/core/src/acme/renewal-info.ts";
import { revokeCertificate } from "../packages/core/src/acme/revocation.ts";
import { isIssuedBy, matchesKey, readCertificate } from "../packages/core/src/acme/x509.ts";
import type { ChallengeType, Identifier } from "../packages/core/src/identifier.ts";

const dns = (value: string): Identifier => ({ type: "dns", value });
const agreed = { termsOfServiceAgreed: true };

let chall: Challtestsrv;
let pebble: Pebble;

beforeAll(async () => {
  chall = await startChalltestsrv();
  pebble = await startPebble({
    dnsServer: chall.dns,
    httpPort: chall.httpPort,
    alternateRoots: 1,
    domainBlocklist: ["blocked.test"],
  });
});

afterAll(async () => {
  await pebble.stop();
  await chall.stop();
});

async function clientFor(server: Pebble, options: Partial<AcmeClientOptions> = {}): Promise<AcmeClient> {
  return createAcmeClient({
    directoryUrl: server.directoryUrl,
    accountKey: await generateKey(),
    caPem: await readFile(server.caFile, "utf8"),
    userAgent: "certwright/test",
    ...options,
  });
}

async function registered(server: Pebble, options: Partial<AcmeClientOptions> = {}): Promise<AcmeClient> {
  const client = await clientFor(server, options);
  return client.withAccount((await createAccount(client, agreed)).url);
}

/** Puts every challenge of one type in place and answers it. */
async function prove(client: AcmeClient, order: Order, type: ChallengeType = "dns-01"): Promise<void> {
  const authorizations = await getAuthorizations(client, order.authorizations);
  await Promise.all(
    authorizations
      .filter(({ status }) => status === "pending")
      .map(async ({ identifier, wildcard, challenges }) => {
        const challenge = challenges.find((each) => each.type === type);
        if (challenge === undefined) throw new Error(`no ${type} for ${identifier.value}`);
        const { token = "" } = challenge;
        const proof = token === "" ? "" : keyAuthorization(token, client.thumbprint);
        const accountUrl = client.accountUrl ?? "";
        const [issuerDomainName = ""] = challenge.issuerDomainNames ?? [];
        if (type === "http-01") await chall.manage("add-http01", { token, content: http01Resource(token, proof).body });
        else {
          const { name, value } = {
            "dns-01": () => dns01Record(identifier.value, proof),
            "dns-account-01": () => dnsAccount01Record(identifier.value, proof, accountUrl),
            "dns-persist-01": () =>
              dnsPersist01Record({ domain: identifier.value, issuerDomainName, accountUrl, wildcard }),
          }[type as "dns-01" | "dns-account-01" | "dns-persist-01"]();
          await chall.manage("set-txt", { host: `${name}.`, value });
        }
        await answerChallenge(client, challenge);
      }),
  );
}

interface Issuance {
  readonly keyType?: KeyType;
  readonly challenge?: ChallengeType;
  readonly download?: DownloadOptions;
  readonly firstLook?: number;
}

/** One whole issuance, as the layer above does it. */
async function issue(
  client: AcmeClient,
  wanted: NewOrder,
  { keyType, challenge, download, firstLook = 0.1 }: Issuance = {},
) {
  const order = await createOrder(client, wanted);
  await prove(client, order, challenge);
  const ready = await waitForOrder(client, order, "ready", { firstLook, timeout: 60 });
  const key = await generateKey(keyType);
  const { der } = await createCsr(key, wanted.identifiers);
  const finalized = await finalizeOrder(client, ready, der);
  const valid = await waitForOrder(client, finalized, "valid", { firstLook, timeout: 60 });
  const chain = await downloadCertificate(client, valid.certificate ?? "", download);
  const [leaf, issuer] = chain.certificates;
  if (leaf === undefined || issuer === undefined) throw new Error("the chain is too short");
  expect(leaf.names.toSorted()).toEqual(wanted.identifiers.map(({ value }) => value).toSorted());
  expect(matchesKey(leaf, key)).toBe(true);
  expect(isIssuedBy(leaf, issuer)).toBe(true);
  return { order, key, leaf, chain };
}

async function management(path: string, body: object): Promise<number> {
  const ca = await readFile(pebble.caFile, "utf8");
  const headers = { "User-Agent": "certwright-test", "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${pebble.managementUrl}/${path}`,
      { method: "POST", ca, headers, agent: false },
      (incoming) => {
        incoming.resume().once("end", () => resolve(incoming.statusCode ?? 0));
      },
    );
    outgoing.once("error", reject).end(JSON.stringify(body));
  });
}

describe("requests for one name over dns-01, counted at the CA", () => {
  const wanted = { identifiers: [dns("count.example.test")] };
  const kept = new Map<string, CachedDirectory>();
  const cache = {
    read: async (url: string) => kept.get(url),
    write: async (url: string, entry: CachedDirectory) => void kept.set(url, entry),
  };
  // Late enough that one look is enough, however busy the machine: the count is about the protocol, not about speed.
  const calm = { firstLook: 0.7 };

  const issuance = [
    ...["POST /order-plz", "POST /authZ/", "POST /chalZ/", "POST /my-order/"],
    ...["POST /finalize-order/", "POST /my-order/", "POST /certZ/"],
  ];

  async function counted(run: () => Promise<unknown>): Promise<string[]> {
    const before = (await pebble.requests()).length;
    await run();
    return (await pebble.requests())
      .slice(before)
      .map(({ method, path }) => `${method} ${path.replace(/[^/]{20,}$|(?<=\/)\d+$/, "")}`);
  }

  test("10 with a new account, 9 with a known one, 8 with a kept directory", async () => {
    const accountKey = await generateKey();
    let accountUrl = "";
    const first = await counted(async () => {
      const client = await clientFor(pebble, { accountKey });
      accountUrl = (await createAccount(client, agreed)).url;
      await issue(client.withAccount(accountUrl), wanted, calm);
      client.close();
    });
    expect(first).toEqual(["GET /dir", "HEAD /nonce-plz", "POST /sign-me-up", ...issuance]);

    const second = await counted(async () => {
      const client = await clientFor(pebble, { accountKey, accountUrl, cache });
      await issue(client, wanted, calm);
      client.close();
    });
    expect(second).toEqual(["GET /dir", "HEAD /nonce-plz", ...issuance]);

    const third = await counted(async () => {
      const client = await clientFor(pebble, { accountKey, accountUrl, cache });
      await issue(client, wanted, calm);
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
          issue(client, { identifiers: [dns(`batch-${index}.example.test`)] }, { firstLook: 2 }),
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
    await expect(waitForOrder(client, order, "ready", { timeout: 60 })).rejects.toMatchObject({
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
    const ready = await waitForOrder(client, order, "ready", { timeout: 60 });
    const { der } = await createCsr(await generateKey(), [dns("wrong.example.test")]);
    await expect(finalizeOrder(client, ready, der)).rejects.toMatchObject({ name: "AcmeProblem" });
  });
});

describe("accounts", () => {
  test("are made once, found by key, changed, and given up", async () => {
    const client = await clientFor(pebble);
    expect(await findAccount(client)).toBeUndefined();
    const made = await createAccount(client, { ...agreed, contact: ["mailto:a@example.test"] });
    expect(made).toMatchObject({ created: true, status: "valid", contact: ["mailto:a@example.test"] });
    expect(await createAccount(client, agreed)).toMatchObject({ created: false, url: made.url });
    expect(await findAccount(client)).toMatchObject({ url: made.url });
    const account = client.withAccount(made.url);
    expect(await updateAccount(account, ["mailto:b@example.test"])).toMatchObject({
      contact: ["mailto:b@example.test"],
    });
    expect(await getAccount(account)).toMatchObject({ status: "valid" });
    expect(await deactivateAccount(account)).toMatchObject({ status: "deactivated" });
    await expect(createOrder(account, { identifiers: [dns("x.example.test")] })).rejects.toMatchObject({
      name: "AcmeProblem",
    });
  });

  test.each(["ec256", "ec384", "rsa2048"] as const)("take a new key of type %s", async (type) => {
    const client = await registered(pebble);
    const newKey = await generateKey(type);
    const successor = await changeAccountKey(client, newKey);
    await issue(successor, { identifiers: [dns("rollover.example.test")] });
    await expect(createOrder(client, { identifiers: [dns("x.example.test")] })).rejects.toMatchObject({
      name: "AcmeProblem",
    });
    expect(await findAccount(await clientFor(pebble, { accountKey: newKey }))).toMatchObject({
      url: client.accountUrl,
    });
  });

  test("are bound to an account elsewhere where the CA asks for it", async () => {
    await using strict = await startPebble({ dnsServer: chall.dns, eab: true });
    const { kid = "", hmacKey = "" } = strict.eab ?? {};
    const client = await clientFor(strict);
    await expect(createAccount(client, agreed)).rejects.toMatchObject({ code: "ACME_EXTERNAL_ACCOUNT_REQUIRED" });
    const wrong = { keyId: kid, hmacKey: Buffer.alloc(32).toString("base64") };
    await expect(createAccount(client, { ...agreed, externalAccount: wrong })).rejects.toMatchObject({
      name: "AcmeProblem",
    });
    const account = await createAccount(client, { ...agreed, externalAccount: { keyId: kid, hmacKey } });
    expect(account.created).toBe(true);
    await issue(client.withAccount(account.url), { identifiers: [dns("eab.example.test")] });
  });
});

describe("certificates", () => {
  test("are revoked by the account, or by their own key", async () => {
    const client = await registered(pebble);
    for (const by of ["account", "certificate"]) {
      const { leaf, key } = await issue(client, { identifiers: [dns("revoke.example.test")] });
      const certificateKey = by === "certificate" ? key : undefined;
      const revoker = certificateKey === undefined ? client : await clientFor(pebble);
      expect(await revokeCertificate(revoker, leaf, { certificateKey, reason: "superseded" })).toBe(true);
      expect(await pebble.certificateStatus(leaf.serial)).toEqual({ status: "Revoked", reason: 4 });
      expect(await revokeCertificate(revoker, leaf, { certificateKey })).toBe(false);
    }
  });

  test("are not revoked by a stranger", async () => {
    const { leaf } = await issue(await registered(pebble), { identifiers: [dns("mine.example.test")] });
    const stranger = await registered(pebble);
    await expect(revokeCertificate(stranger, leaf)).rejects.toMatchObject({ code: "ACME_UNAUTHORIZED" });
    await expect(revokeCertificate(stranger, leaf, { certificateKey: await generateKey() })).rejects.toMatchObject({
      name: "AcmeProblem",
    });
    expect(await pebble.certificateStatus(leaf.serial)).toMatchObject({ status: "Valid" });
  });

  test("have renewal info, follow one another, and survive a CA that says otherwise", async () => {
    const client = await registered(pebble);
    const wanted = { identifiers: [dns("ari.example.test")] };
    const { leaf, key } = await issue(client, wanted);
    expect(keyFingerprint(key)).toBe(leaf.keyFingerprint);
    const info = await getRenewalInfo(client, leaf);
    expect(info).toMatchObject({ reason: undefined, retryAfter: 21_600 });
    expect(info.window?.start.getTime()).toBeGreaterThan(leaf.notBefore.getTime());
    expect(info.window?.end.getTime()).toBeLessThan(leaf.notAfter.getTime());

    const replaces = certificateId(leaf);
    const next = await issue(client, { ...wanted, replaces });
    expect(next.order).toMatchObject({ replaces });
    expect(next.order).not.toHaveProperty("replacesRefused");
    const again = await createOrder(client, { ...wanted, replaces });
    expect(again.replacesRefused).toMatchObject({ name: "AcmeProblem" });
    expect(again).not.toHaveProperty("replaces");
    const unknown = await createOrder(client, { ...wanted, replaces: "AAAA.BBBB" });
    expect(unknown.replacesRefused).toMatchObject({ name: "AcmeProblem" });

    const window = (start: string, end: string): string => JSON.stringify({ suggestedWindow: { start, end } });
    const set = (ariResponse: string) =>
      management("set-renewal-info/", { Certificate: next.leaf.pem, ARIResponse: ariResponse });
    expect(await set(window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))).toBe(200);
    expect(await getRenewalInfo(client, next.leaf)).toMatchObject({
      window: { start: new Date("2026-01-01T00:00:00Z") },
    });
    for (const senseless of [
      window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
      window("9999-01-01T00:00:00Z", "9999-02-01T00:00:00Z"),
      "{",
      "<html>",
    ]) {
      await set(senseless);
      expect(await getRenewalInfo(client, next.leaf)).toMatchObject({ window: undefined, reason: expect.any(String) });
    }
  });
});

test("a CA that refuses one nonce in five, dawdles, and takes no hurry still issues", async () => {
  const options: PebbleOptions = {
    dnsServer: chall.dns,
    nonceReject: 20,
    vaSleep: 2,
    authzReuse: 50,
    retryAfter: { authz: 1, order: 1 },
  };
  await using slow = await startPebble(options);
  const waits: string[] = [];
  const client = await registered(slow, { onWait: ({ reason }) => waits.push(reason) });
  const names = Array.from({ length: 5 }, (_, index) => `slow-${index}.example.test`);
  for (const rounds of [1, 2]) {
    await issue(client, { identifiers: names.map(dns) });
    await Promise.all(names.map((name) => issue(client, { identifiers: [dns(`${rounds}.${name}`)] })));
  }
  client.close();
  expect(waits.every((reason) => reason.startsWith("the CA's order is"))).toBe(true);
});
