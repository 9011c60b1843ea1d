import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { getAuthorizations } from "./authorization.ts";
import { downloadCertificate } from "./certificate.ts";
import { answerChallenge } from "./challenge.ts";
import { createCsr } from "./csr.ts";
import { generateKey } from "./keys.ts";
import { createOrder, finalizeOrder } from "./order.ts";
import { waitForOrder } from "./poll.ts";
import { revocationReasons, revokeCertificate } from "./revocation.ts";
import { problem } from "./testing/fake-ca.ts";
import { failure, setUpAccount } from "./testing/setup.ts";
import { readCertificate } from "./x509.ts";

async function issued() {
  const setup = await setUpAccount();
  const { client } = setup;
  const key = await generateKey();
  const identifiers = [{ type: "dns" as const, value: "a.example" }];
  const order = await createOrder(client, { identifiers });
  for (const { challenges } of await getAuthorizations(client, order.authorizations)) {
    if (challenges[0] !== undefined) await answerChallenge(client, challenges[0]);
  }
  const finalized = await finalizeOrder(
    client,
    await waitForOrder(client, order, "ready"),
    (await createCsr(key, identifiers)).der,
  );
  const { certificate = "" } = await waitForOrder(client, finalized, "valid");
  return { ...setup, key, url: certificate, [Symbol.asyncDispose]: setup[Symbol.asyncDispose] };
}

test("a chain is downloaded, alternates untouched", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  const chain = await downloadCertificate(client, url);
  expect(chain.certificates.map(({ subject }) => subject)).toEqual(["", "Fake Root"]);
  expect(chain).toMatchObject({ preferred: true, pem: chain.certificates.map(({ pem }) => pem).join("") });
  expect(fake.trace()).not.toContain("POST alternate");
});

test("a chain is chosen by the issuer's name, by a fingerprint in it, or by a root that is not in it", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  const other = readCertificate(fake.ca.otherRootPem).fingerprint256;
  const spelled = (other.toUpperCase().match(/../g) ?? []).join(":");
  for (const preferredChain of ["Other Root", other, spelled]) {
    const chain = await downloadCertificate(client, url, { preferredChain });
    expect(chain.preferred).toBe(true);
    expect(chain.certificates[1]?.subject).toBe("Other Root");
  }
  const home = readCertificate(fake.ca.rootPem).fingerprint256;
  fake.fault("certificate", (reply) => ({ ...reply, body: reply.body.replace(fake.ca.rootPem, "") }));
  const chain = await downloadCertificate(client, url, {
    preferredChain: home,
    roots: [fake.ca.otherRootPem, fake.ca.rootPem],
  });
  expect(chain).toMatchObject({ preferred: true, certificates: [{ issuer: "Fake Root" }] });
});

test("the default comes without asking for alternates, or where no chain fits", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  expect(await downloadCertificate(client, url, { preferredChain: "Fake Root" })).toMatchObject({ preferred: true });
  expect(fake.trace()).not.toContain("POST alternate");
  const chain = await downloadCertificate(client, url, { preferredChain: "No Such Root" });
  expect(chain).toMatchObject({ preferred: false });
  expect(chain.certificates[1]?.subject).toBe("Fake Root");
});

test("an alternate for another leaf is not taken", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  fake.fault("alternate", (reply) => ({ ...reply, body: fake.ca.otherRootPem }));
  expect(await downloadCertificate(client, url, { preferredChain: "Other Root" })).toMatchObject({ preferred: false });
});

test("an alternate that cannot be had costs the wish, not the certificate", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  const wish = { preferredChain: "Other Root" };
  fake.fault("alternate", () => problem(404, "malformed", "gone"));
  expect(await downloadCertificate(client, url, wish)).toMatchObject({ preferred: false });
  fake.fault("alternate", (reply) => ({ ...reply, body: "<h1>Moved</h1>" }));
  expect(await downloadCertificate(client, url, wish)).toMatchObject({ preferred: false });
  expect(await downloadCertificate(client, url, wish)).toMatchObject({ preferred: true });
});

test("alternates at another host are refused", async () => {
  await using setup = await issued();
  const { client, fake, url } = setup;
  fake.fault("certificate", (reply) => ({
    ...reply,
    headers: { ...reply.headers, Link: '<https://10.0.0.1/x>;rel="alternate"' },
  }));
  expect(await failure(downloadCertificate(client, url, { preferredChain: "x" }))).toMatchObject({
    code: "ACME_FOREIGN_URL",
  });
});

test.each([
  ["nothing", ""],
  ["HTML", "<html>busy</html>"],
  ["a line break", "\n"],
])("a certificate that is %s is refused", async (_, body) => {
  await using setup = await issued();
  setup.fake.fault("certificate", (reply) => ({ ...reply, body }));
  expect(await failure(downloadCertificate(setup.client, setup.url))).toMatchObject({
    code: "ACME_CERTIFICATE_INVALID",
  });
});

test("a certificate is revoked by the account or by its own key", async () => {
  await using setup = await issued();
  const { client, fake, url, key } = setup;
  const [leaf] = (await downloadCertificate(client, url)).certificates;
  if (leaf === undefined) return expect.unreachable();
  expect(await revokeCertificate(client, leaf, { reason: "superseded" })).toBe(true);
  expect(await revokeCertificate(client, leaf, { certificateKey: key, reason: "keyCompromise" })).toBe(true);
  expect(await revokeCertificate(client, leaf)).toBe(true);
  const certificate = leaf.der.toString("base64url");
  expect(fake.ca.revocations).toEqual([
    { certificate, reason: revocationReasons.superseded, signedBy: "account key" },
    { certificate, reason: revocationReasons.keyCompromise, signedBy: "certificate key" },
    { certificate, signedBy: "account key" },
  ]);
  fake.fault("revokeCert", () => problem(400, "alreadyRevoked", "again?"));
  expect(await revokeCertificate(client, leaf)).toBe(false);
  fake.fault("revokeCert", () => problem(403, "unauthorized", "not yours"));
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  expect(await failure(revokeCertificate(client, leaf, { certificateKey: stranger }))).toMatchObject({
    code: "ACME_UNAUTHORIZED",
  });
});
