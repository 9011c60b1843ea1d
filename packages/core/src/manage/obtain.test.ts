import { expect, test } from "vitest";
import { createCsr } from "../acme/csr.ts";
import { generateKey, keyThumbprint, keyToPem } from "../acme/keys.ts";
import { type FakeReply, problem } from "../acme/testing/fake-ca.ts";
import { accountIdOf } from "../issue/open-ca.ts";
import type { Solver } from "../issue/solver.ts";
import { caName, removeAccount, settleAccountKey, stageAccountKey } from "../store/accounts.ts";
import { readCertificateMeta } from "../store/certificates.ts";
import { createCaPool } from "./obtain.ts";
import { renewCertificate } from "./renew-certificate.ts";
import { ordersAt, specFor, startEngine, type TestEngine } from "./testing/engine.ts";

test("a key that is kept at renewal is not kept where another type is wanted", async () => {
  await using engine = await startEngine(1);
  const spec = { ...specFor("a.example.com", ...engine.cas), reuseKey: true };
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  const other = { ...spec, keyType: "ec384" as const };
  expect(await engine.look(other, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(await readCertificateMeta(engine.store, spec.name)).toMatchObject({ keyType: "ec384" });
  expect(await engine.look(other, { insist: true })).toMatchObject({ outcome: "skipped" });
});

test("a damaged note of an order under way costs another order, and no certificate", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  ca?.fault("finalize", () => problem(403, "unauthorized", "not now"));
  expect(await engine.look(spec)).toMatchObject({ outcome: "failed" });
  await engine.store.write("orders/a.example.com/order.json", Buffer.from('{"format": 2, "na'));
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(ordersAt(ca)).toBe(2);
});

test("a key the CA refuses is not taken up again with its order", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  ca?.fault("finalize", () => problem(400, "badPublicKey", "known to be compromised"));
  const spec = specFor("a.example.com", ca);
  expect(await engine.look(spec)).toMatchObject({ error: { code: "ACME_BAD_PUBLIC_KEY" } });
  expect(await engine.store.read("orders/a.example.com/order.json")).toBeUndefined();
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
});

/** Makes the note of an order under way two days older. */
async function age({ store, now }: TestEngine): Promise<void> {
  const note = JSON.parse(Buffer.from((await store.read(orderNote))?.bytes ?? []).toString());
  const aged = { ...note, createdAt: new Date(now() - 2 * 86_400_000).toISOString() };
  await store.write(orderNote, Buffer.from(JSON.stringify(aged)), { secret: true });
}

const orderNote = "orders/a.example.com/order.json";

/** An answer about an order or a name of it, without the moment at which it ends by itself. */
const withStatus = (status: string) => (reply: FakeReply) => {
  const { expires: _, certificate: __, ...order } = JSON.parse(reply.body);
  return { ...reply, body: JSON.stringify({ ...order, status }) };
};

test("an order that a CA never ends is taken up again for a day, and then given up for another", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  let isStuck = true;
  ca?.faultAlways("order", (reply) => (isStuck ? withStatus("processing")(reply) : reply));
  for (const _ of [1, 2])
    expect(await engine.look(spec, { insist: true })).toMatchObject({ error: { code: "ACME_TIMEOUT" } });
  expect(ordersAt(ca)).toBe(1);
  await age(engine);
  expect(await engine.look(spec, { insist: true })).toMatchObject({ error: { code: "ACME_TIMEOUT" } });
  expect(ordersAt(ca)).toBe(2);
  isStuck = false;
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(ordersAt(ca)).toBe(2);
});

test("a CA that never looks at a name holds up no certificate for ever, where names are proved one after the other", async () => {
  const undone: number[] = [];
  const solver = async (): Promise<Solver> => ({
    type: "dns-01",
    label: "one at a time",
    solves: () => true,
    rounds: (tasks) => tasks.map((task) => [task]),
    present: async () => [],
    cleanUp: async (tasks) => void undone.push(tasks.length),
  });
  await using engine = await startEngine(1, { solver });
  const [ca] = engine.cas;
  ca?.faultAlways("authorization", withStatus("pending"));
  const names = ["a.example.com", "b.example.com"].map((value) => ({ type: "dns" as const, value }));
  const look = await engine.look({ ...specFor("a.example.com", ca), identifiers: names });
  expect(look).toMatchObject({ error: { code: "ACME_TIMEOUT" } });
  expect(undone).toEqual([1]);
});

test("an old order is given up where the CA fails over it, or gives no usable certificate for it", async () => {
  await using engine = await startEngine(1);
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  const garbage = (reply: FakeReply): FakeReply => ({ ...reply, body: "<h1>Moved</h1>" });
  const unusable = { error: { code: "ACME_CERTIFICATE_INVALID" } };
  ca?.fault("certificate", garbage, garbage, garbage);
  for (const _ of [1, 2]) expect(await engine.look(spec, { insist: true })).toMatchObject(unusable);
  await age(engine);
  expect(await engine.look(spec, { insist: true })).toMatchObject(unusable);
  expect(await engine.store.read(orderNote)).toBeUndefined();

  ca?.fault("finalize", () => problem(403, "unauthorized", "not now"));
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "failed" });
  expect(ordersAt(ca)).toBe(2);
  const lost = () => problem(500, "serverInternal", "where is it?");
  ca?.fault("order", lost, lost, lost, lost);
  expect(await engine.look(spec, { insist: true })).toMatchObject({ error: { code: "ACME_SERVER_INTERNAL" } });
  await age(engine);
  ca?.fault("order", lost, lost, lost, lost);
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(ordersAt(ca)).toBe(3);
});

test("an order that was issued for another CSR is given up", async () => {
  const csr = async () => (await createCsr(await generateKey("ec256"), [{ type: "dns", value: "a.example.com" }])).der;
  let given = await csr();
  await using engine = await startEngine(1, { readFile: async () => given });
  const [ca] = engine.cas;
  const spec = { ...specFor("a.example.com", ca), csrFile: "request.csr" };
  ca?.fault("certificate", () => problem(403, "unauthorized", "not now"));
  expect(await engine.look(spec)).toMatchObject({ outcome: "failed" });
  given = await csr();
  expect(await engine.look(spec, { insist: true })).toMatchObject({ error: { code: "CERTIFICATE_WRONG_KEY" } });
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(ordersAt(ca)).toBe(2);
});

test("an account the CA does not know so is opened anew for the next try: somebody may have changed its key", async () => {
  let opened = 0;
  await using engine: TestEngine = await startEngine(1, {
    caAccess: async () => {
      opened += 1;
      return { caPem: engine.cas[0]?.caPem ?? "", acceptTerms: true, userAgent: "certwright/test" };
    },
  });
  const [ca] = engine.cas;
  const run = await engine.run();
  const pool = createCaPool(run);
  const look = (name: string) => renewCertificate(specFor(name, ca), { force: false, dryRun: false }, pool, run);
  expect(await look("a.example.com")).toMatchObject({ outcome: "issued" });
  ca?.fault("newOrder", () => problem(400, "malformed", "JWS verification error"));
  expect(await look("b.example.com")).toMatchObject({ outcome: "failed" });
  expect(opened).toBe(1);
  engine.later(120_000);
  expect(await look("b.example.com")).toMatchObject({ outcome: "issued" });
  expect(opened).toBe(2);
  await pool.close();
});

test("an account that the CA knows no more is found by its key, or made anew with it", async () => {
  let acceptTerms = true;
  await using engine: TestEngine = await startEngine(1, {
    caAccess: async () => ({ caPem: engine.cas[0]?.caPem ?? "", acceptTerms, userAgent: "certwright/test" }),
  });
  const [ca] = engine.cas;
  const spec = specFor("a.example.com", ca);
  const gone = () => problem(400, "accountDoesNotExist", "who are you?");
  expect(await engine.look(spec)).toMatchObject({ outcome: "issued" });
  const key = async () =>
    (await engine.store.read(`accounts/${caName(ca?.directoryUrl ?? "")}/default/key.pem`))?.version;
  const before = await key();

  // For a moment only; terms are not asked for again.
  if (ca !== undefined) ca.ca.meta = { termsOfService: "https://ca.example/terms" };
  acceptTerms = false;
  ca?.fault("newOrder", gone);
  const again = { ...spec, keyType: "ec384" as const };
  expect(await engine.look(again, { insist: true })).toMatchObject({ error: { code: "ACME_ACCOUNT_DOES_NOT_EXIST" } });
  expect(await engine.look(again, { insist: true })).toMatchObject({ outcome: "issued" });

  acceptTerms = true;
  ca?.fault("newOrder", gone);
  ca?.fault("newAccount", gone);
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "failed" });
  expect(await engine.look(spec, { insist: true })).toMatchObject({ outcome: "issued" });
  expect(ca?.requests.findLast(({ resource }) => resource === "newAccount")?.payload).toEqual({
    termsOfServiceAgreed: true,
  });
  expect(await key()).toBe(before);
});

test("roots of a CA that were exchanged are read anew for the next try", async () => {
  let roots = 0;
  await using engine: TestEngine = await startEngine(2, {
    caAccess: async () => ({ caPem: engine.cas[roots]?.caPem ?? "", acceptTerms: true, userAgent: "certwright/test" }),
  });
  const [ca] = engine.cas;
  expect(await engine.look(specFor("a.example.com", ca))).toMatchObject({ outcome: "issued" });
  const run = await engine.run();
  const pool = createCaPool(run, { isLasting: true });
  const look = () => renewCertificate(specFor("b.example.com", ca), { force: false, dryRun: false }, pool, run);
  roots = 1;
  expect(await look()).toMatchObject({ error: { code: "ACME_TLS_UNTRUSTED" } });
  roots = 0;
  engine.later(120_000);
  expect(await look()).toMatchObject({ outcome: "issued" });
  await pool.close();
});

test("a service sees that its account has another key, or is another; a run goes on as it began", async () => {
  await using engine = await startEngine(1);
  const run = await engine.run();
  const ca = { directoryUrl: engine.cas[0]?.directoryUrl ?? "" };
  const id = accountIdOf(ca);
  const [service, short] = [createCaPool(run, { isLasting: true }), createCaPool(run)];
  const first = await service.client(ca);
  expect(await service.client(ca)).toBe(first);
  const before = await short.client(ca);

  // As a rollover ends, in another process.
  const key = await generateKey();
  await stageAccountKey(run.store, id, keyToPem(key));
  await settleAccountKey(run.store, id, true);
  const several = await Promise.all([1, 2, 3].map(() => service.client(ca)));
  expect(new Set(several).size).toBe(1);
  expect(several[0]).toMatchObject({ thumbprint: keyThumbprint(key), accountUrl: first.accountUrl });
  expect(await short.client(ca)).toBe(before);

  // Forgotten, and made anew.
  await removeAccount(run.store, id);
  const another = await service.client(ca);
  expect(another.thumbprint).not.toBe(keyThumbprint(key));
  expect(await service.client(ca)).toBe(another);
  await Promise.all([service.close(), short.close()]);
});

test("whether there is an account is looked up once, and none is made", async () => {
  await using engine = await startEngine(1);
  const { store, ...rest } = await engine.run();
  const reads: string[] = [];
  const read = async (key: string) => {
    reads.push(key);
    return await store.read(key);
  };
  const counted = { ...store, read };
  const pool = createCaPool({ ...rest, store: counted });
  const ca = { directoryUrl: engine.cas[0]?.directoryUrl ?? "" };
  expect(await pool.existing(ca)).toBeUndefined();
  const first = reads.length;
  expect(first).toBeGreaterThan(0);
  expect(await pool.existing(ca)).toBeUndefined();
  expect(reads.length).toBe(first);
  expect(await store.list("accounts")).toEqual([]);

  const made = await pool.client(ca);
  const later = createCaPool({ ...rest, store });
  expect((await later.existing(ca))?.accountUrl).toBe(made.accountUrl);
  await Promise.all([pool.close(), later.close()]);
});
