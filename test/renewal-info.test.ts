import { readFile } from "node:fs/promises";
import { createCaPool, readX509, renewCertificate, revokeCertificate } from "@certwright/core";
import { readCertificate } from "@certwright/core/store";
import pdns from "@certwright/dns-pdns";
import { startPebble, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { canBeReplaced } from "./acme-requests.ts";
import { specFor, startEngine } from "./engine.ts";

const hour = 3_600_000;
const day = 24 * hour;
const plain = { force: false, dryRun: false };

/** A world whose certificates are issued, and one of them can be replaced. */
async function startIssued(): Promise<Awaited<ReturnType<typeof startWorld>>> {
  const world = await startWorld();
  expect(await world.look(0)).toBe("issued issued issued");
  if (canBeReplaced((await world.stored("default")).meta.serial)) return world;
  await world[Symbol.asyncDispose]();
  return await startIssued();
}

/** Certificates of 90 days, 47 days and 160 hours of one Pebble, and looks at them at later times. */
async function startWorld() {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startPowerdns({ zones: ["example.test"] }));
  const profiles = { default: 90 * 86_400, fortyseven: 47 * 86_400, shortlived: 160 * 3600 };
  const ca = started.use(await startPebble({ dnsServer: dns.address, profiles }));
  const engine = started.use(
    await startEngine({
      dns: dns.address,
      caPem: await readFile(ca.caFile, "utf8"),
      providers: [pdns],
      options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
    }),
  );
  const all = started.move();
  const specs = Object.keys(profiles).map((profile) =>
    specFor(
      [`${profile}.example.test`],
      { directoryUrl: ca.directoryUrl },
      {
        profile,
        challenges: [{ type: "dns-01", provider: "pdns" }],
        nameserver: dns.address,
      },
    ),
  );
  const runAt = async (ahead: number) => {
    const run = await engine.run();
    return { ...run, world: { ...run.world, now: () => Date.now() + ahead } };
  };
  const stored = async (name: string) => {
    const { store } = await engine.run();
    const found = await readCertificate(store, `${name}.example.test`);
    if (found === undefined) throw new Error(`${name} is not stored`);
    return found;
  };
  /** Looks at all of them: what came of each, in the order of their lives, longest first. */
  const look = async (ahead: number) => {
    const run = await runAt(ahead);
    // Pebble's clock stays; to its client both are the same, or nothing would be ordered.
    const pool = createCaPool(await engine.run());
    const results = await Promise.all(specs.map((spec) => renewCertificate(spec, plain, pool, run)));
    await pool.close();
    return results.map(({ outcome }) => outcome).join(" ");
  };
  const asked = async () => (await ca.requests()).filter(({ path }) => path.startsWith("/draft-ietf-acme-ari")).length;
  return { ca, engine, stored, look, asked, runAt, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const window = (start: number, end: number) => ({
  suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
});

test("Pebble's renewal info is followed: asked when it is time, kept while it stays, nonsense left out", async () => {
  await using world = await startIssued();
  const { ca, stored, look, asked } = world;
  expect(await look(hour)).toBe("skipped skipped skipped");
  const first = await asked();
  expect(first).toBe(3);
  const chosen = async (name: string) => (await stored(name)).meta.renewalInfo?.chosen;
  const before = [await chosen("default"), await chosen("fortyseven")];
  expect(before).toEqual([expect.any(Number), expect.any(Number)]);

  // Retry-After is six hours: not asked again before.
  expect(await look(5 * hour)).toBe("skipped skipped skipped");
  expect(await asked()).toBe(first);

  const now = Date.now();
  const { leafPem } = await stored("fortyseven");
  const nonsense = [
    window(now + 20 * day, now + 10 * day),
    window(Date.UTC(9998, 0, 1), Date.UTC(9999, 0, 1)),
    { suggestedWindow: { start: "soon", end: "later" } },
    "<html>",
  ];
  for (const [index, answer] of nonsense.entries()) {
    await ca.setRenewalInfo(leafPem, answer);
    expect(await look((8 + 8 * index) * hour)).toBe("skipped skipped skipped");
    expect(await chosen("fortyseven")).toBe(before[1]);
  }
  expect(await asked()).toBe(first + 3 * nonsense.length);
  expect(await chosen("default")).toBe(before[0]);

  // The CA wants it renewed now: the certificate that follows says which one it replaces.
  await ca.setRenewalInfo((await stored("default")).leafPem, window(now - 2 * hour, now - hour));
  const old = (await stored("default")).meta.serial;
  expect(await look(48 * hour)).toBe("issued skipped skipped");
  expect((await stored("default")).meta.serial).not.toBe(old);
  expect(ca.logs()).toMatch(/is a replacement of/);
  expect(world.engine.of("warning").map(({ code, certificate }) => `${code} ${certificate}`)).toEqual(
    [...nonsense, "the last look"].map(() => "RENEWAL_INFO_UNAVAILABLE fortyseven.example.test"),
  );
  expect(world.engine.of("order.created")).toHaveLength(4);
});

test("what the CA revoked is issued again, whoever asked for it; a late window does not outlast the backstop", async () => {
  await using world = await startWorld();
  const { ca, engine, stored, look, runAt } = world;
  expect(await look(0)).toBe("issued issued issued");
  const run = await runAt(0);
  const pool = createCaPool(run);
  const client = await pool.client({ directoryUrl: ca.directoryUrl });
  await revokeCertificate(client, readX509((await stored("default")).leafPem));
  await pool.close();
  await run.journal.close();
  const { meta, leafPem } = await stored("shortlived");
  await ca.setRenewalInfo(leafPem, window(meta.notAfter - 2 * hour, meta.notAfter - hour));
  expect(await look(7 * hour)).toBe("issued skipped skipped");
  expect(engine.of("certificate.started").at(-1)?.reason).toMatch(/the CA suggests/);
  // A sixth of 160 hours is left after 133.
  expect(await look(133 * hour)).toBe("skipped skipped skipped");
  expect(await look(134 * hour)).toBe("skipped skipped issued");
  expect(engine.of("certificate.started").at(-1)?.reason).toMatch(/a sixth of its life/);
});
