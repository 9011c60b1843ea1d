import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readCertificate } from "./certificates.ts";
import { generationsKept } from "./generations.ts";
import { openJournal } from "./journal.ts";
import { openLedger } from "./ledger-file.ts";
import { eachCertificate } from "./list-certificates.ts";
import { saveCertificate } from "./save-certificate.ts";
import { issuedWith } from "./testing/issued.ts";
import { quietStore, startChild, temporaryFolder } from "./testing/temporary.ts";

const never = new AbortController().signal;
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

test("processes that count at once lose no count, by compare-and-swap nor under a lease", async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const children = Array.from({ length: 3 }, () => startChild(["count", state, "40"]));
  for (const child of children) {
    expect(await child.ended).toBe(0);
    expect(child.errors()).toBe("");
  }
  const store = quietStore(state);
  expect(text((await store.read("counter"))?.bytes)).toBe("60");
  expect(text((await store.read("leased-counter"))?.bytes)).toBe("60");
});

test("a lease of another process is respected, explained, and free the moment it is killed", async () => {
  await using folder = await temporaryFolder();
  const store = quietStore(folder.path);
  const holder = startChild(["hold", folder.path, "*.example.com"]);
  await holder.said("held");
  const { pid } = holder.process;
  await expect(store.lease("*.example.com", { signal: never })).rejects.toMatchObject({
    code: "STORE_LOCKED",
    message: expect.stringMatching(
      new RegExp(`another run \\(pid ${pid} on .+, since 20.+\\) holds \\*\\.example\\.com$`),
    ),
    holder: { pid },
    retryable: true,
  });
  const told = Promise.withResolvers<unknown>();
  const waiting = store.lease("*.example.com", { signal: never, waitMs: 60_000, onWait: told.resolve });
  expect(await told.promise).toMatchObject({ pid });
  await holder.kill();
  await (await waiting).release();
});

test("killed at any moment, a run leaves whole values, a matching pair and every effect on record", async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const pairsFile = join(folder.path, "pairs.json");
  const ca = createTestCa();
  const pairs = Array.from({ length: 3 }, () => ca.issue({ names: ["example.com"] }));
  await writeFile(
    pairsFile,
    JSON.stringify(pairs.map(({ keyPem, leafPem, chainPem }) => ({ keyPem, leafPem, chainPem }))),
  );
  for (let round = 0; round < 12; round += 1) {
    const child = startChild(["churn", state, pairsFile]);
    await child.said("ready");
    await new Promise((resolve) => setTimeout(resolve, round * 23));
    await child.kill();
    expect(child.errors()).toBe("");
    await expectWhole(state, child.lines);
  }
  // However many were cut off before they had put things in order: the first that ends does it.
  const [pair] = pairs;
  if (pair === undefined) throw new Error("no pairs");
  await saveCertificate(quietStore(state), issuedWith(pair, "example.com"), Date.now());
  expect((await readdir(join(state, "certificates/example.com"))).length).toBeLessThanOrEqual(generationsKept + 3);
});

async function expectWhole(state: string, lines: readonly string[]): Promise<void> {
  const store = quietStore(state);
  const value = text((await store.read("value"))?.bytes);
  expect(value === "" || /^(\d+)\1{4999}$/.test(value)).toBe(true);
  await openLedger(store, "https://ca.example/directory", () => Date.now()).read();
  for await (const listed of eachCertificate(store)) expect(listed).not.toHaveProperty("error");

  const certificate = await readCertificate(store, "example.com");
  if (certificate !== undefined) {
    const leaf = new X509Certificate(certificate.leafPem);
    expect(leaf.checkPrivateKey(createPrivateKey(certificate.keyPem ?? ""))).toBe(true);
    expect(certificate.meta.fingerprint256).toBe(leaf.fingerprint256.replaceAll(":", "").toLowerCase());
    // As another program reads them, through the link.
    const current = join(state, "certificates/example.com/current");
    const pem = readFileSync(join(current, "haproxy.pem"), "utf8");
    expect(pem).toBe(
      readFileSync(join(current, "fullchain.pem"), "utf8") + readFileSync(join(current, "key.pem"), "utf8"),
    );
  }

  const recorded = lines.filter((line) => line.startsWith("recorded ")).map((line) => line.slice(9));
  const started = lines.filter((line) => line.startsWith("before ")).map((line) => line.slice(7));
  const done = recorded.filter((each) => Number(each.split("-")[2]) % 3 === 0);
  const journal = await openJournal(store, never);
  const { effects, unreadable } = await journal.adopt();
  expect(unreadable).toEqual([]);
  const left = effects.map((effect) => effect.value);
  // Whoever was told that its effect is written down finds it; nothing comes up that was never started.
  expect(left).toEqual(expect.arrayContaining(recorded.filter((each) => !done.includes(each))));
  expect(started).toEqual(expect.arrayContaining(left));
  journal.done(effects.map(({ id }) => id));
  await journal.close();
}

test("with no umask at all, directories are 0700 and files 0600", async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const child = startChild(["write", state, "10"]);
  await child.ended;
  expect(child.lines).toEqual(["written"]);
  expect(child.errors()).toBe("");
  const entries = await readdir(state, { recursive: true, withFileTypes: true });
  expect(entries.length).toBeGreaterThan(8);
  for (const entry of entries.filter((each) => !each.isSymbolicLink())) {
    const { mode } = await stat(join(entry.parentPath, entry.name));
    expect([entry.name, (mode & 0o7777).toString(8)]).toEqual([entry.name, entry.isDirectory() ? "700" : "600"]);
  }
  expect(((await stat(state)).mode & 0o7777).toString(8)).toBe("700");
});

test("where no more may be written, what was there stays, and a word says why", async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const store = quietStore(state);
  await store.write("folder/value", Buffer.from("before"));
  const child = startChild(["write", state, "65536"], ["prlimit", "--fsize=16384:16384"]);
  await child.ended;
  expect(JSON.parse(child.lines[0] ?? "{}")).toMatchObject({
    code: "STORE_FULL",
    message: expect.stringContaining("folder/value"),
  });
  expect(text((await store.read("folder/value"))?.bytes)).toBe("before");
  expect(await readdir(join(state, ".certwright/tmp"))).toEqual([]);
  await store.write("folder/value", Buffer.from("after"));
});

test("where this user may not write, a word says so, and reading still works", async () => {
  await using folder = await temporaryFolder();
  const state = join(folder.path, "state");
  const store = quietStore(state);
  await store.write("folder/value", Buffer.from("before"));
  const { chmod } = await import("node:fs/promises");
  await chmod(join(state, ".certwright/tmp"), 0o500);
  // Root may write anywhere, unless it has given that right up.
  const asOrdinary = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];
  const child = startChild(["write", state, "10"], asOrdinary);
  await child.ended;
  expect(JSON.parse(child.lines[0] ?? "{}")).toMatchObject({ code: "STORE_FORBIDDEN" });
  await chmod(join(state, ".certwright/tmp"), 0o700);
  expect(text((await store.read("folder/value"))?.bytes)).toBe("before");
});
