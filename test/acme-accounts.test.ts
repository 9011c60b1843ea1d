import { readFile } from "node:fs/promises";
import { openCa, type World } from "@certwright/core";
import {
  askRenewalInfo,
  type CertificateInfo,
  certificateId,
  changeAccountKey,
  createAccount,
  createOrder,
  deactivateAccount,
  findAccount,
  generateKey,
  getAccount,
  keyFingerprint,
  keyToPem,
  revokeCertificate,
  updateAccount,
} from "@certwright/core/acme";
import { listAccounts, memoryState, memoryStore, readAccount } from "@certwright/core/store";
import { type PebbleOptions, startPebble } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { agreed, chall, clientFor, dns, issue, management, pebble, registered } from "./acme-fixture.ts";
import { canBeReplaced } from "./acme-requests.ts";

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

test("a binding is got from the CA once, with the person's leave, however often the account is tried", async () => {
  await using strict = await startPebble({ dnsServer: chall.dns, eab: true });
  const { kid = "", hmacKey = "" } = strict.eab ?? {};
  const store = memoryStore(memoryState());
  const sleep = async () => {};
  const world = { now: Date.now, random: Math.random, emit: () => {}, signal: new AbortController().signal, sleep };
  let got = 0;
  const access = {
    caPem: await readFile(strict.caFile, "utf8"),
    userAgent: "certwright/test",
    acceptTerms: false,
    fetchBinding: async () => {
      got += 1;
      return { keyId: kid, hmacKey };
    },
  };
  const ca = { directoryUrl: strict.directoryUrl };
  const open = (change: object) => openCa(ca, { ...access, ...change }, store, world as unknown as World);
  await expect(open({ fetchBinding: undefined, acceptTerms: true })).rejects.toMatchObject({
    code: "ACME_EXTERNAL_ACCOUNT_REQUIRED",
  });
  expect(got).toBe(0);
  await expect(open({})).rejects.toMatchObject({ code: "ACME_USER_ACTION_REQUIRED" });
  const client = await open({ acceptTerms: true });
  expect(client.accountUrl).toMatch(/^https:/);
  expect(got).toBe(1);
  expect((await open({})).accountUrl).toBe(client.accountUrl);
  expect((await listAccounts(store))[0]).toMatchObject({ url: client.accountUrl, eabKid: kid });
});

test("an account made elsewhere is found by its key, in whatever form the key is", async () => {
  const key = await generateKey();
  const { url } = await createAccount(await clientFor(pebble, { accountKey: key }), agreed);
  const sleep = async () => {};
  const world = { now: Date.now, random: Math.random, emit: () => {}, signal: new AbortController().signal, sleep };
  const caPem = await readFile(pebble.caFile, "utf8");
  const ca = { directoryUrl: pebble.directoryUrl };
  const jwk = JSON.stringify(key.export({ format: "jwk" }));
  const withParameters = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n`;
  const sec1 = withParameters + key.export({ format: "pem", type: "sec1" }).toString();
  for (const accountKeyPem of [jwk, sec1]) {
    const store = memoryStore(memoryState());
    const access = { caPem, userAgent: "certwright/test", acceptTerms: false, accountKeyPem };
    const client = await openCa(ca, access, store, world as unknown as World);
    expect(client.accountUrl).toBe(url);
    expect(await readAccount(store, ca)).toMatchObject({ keyPem: keyToPem(key), record: { url } });
  }
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
    const renewalInfoOf = (leaf: CertificateInfo) => askRenewalInfo(client, certificateId(leaf) ?? "", leaf.notAfter);
    const wanted = { identifiers: [dns("ari.example.test")] };
    let issued = await issue(client, wanted);
    while (!canBeReplaced(issued.leaf.serial)) issued = await issue(client, wanted);
    const { leaf, key } = issued;
    expect(keyFingerprint(key)).toBe(leaf.keyFingerprint);
    const info = await renewalInfoOf(leaf);
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
    expect(await renewalInfoOf(next.leaf)).toMatchObject({
      window: { start: new Date("2026-01-01T00:00:00Z") },
    });
    for (const senseless of [
      window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
      window("9999-01-01T00:00:00Z", "9999-02-01T00:00:00Z"),
      "{",
      "<html>",
    ]) {
      await set(senseless);
      expect(await renewalInfoOf(next.leaf)).toMatchObject({ window: undefined, reason: expect.any(String) });
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
