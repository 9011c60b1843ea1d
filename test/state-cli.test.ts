import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { resultOf, startCommand } from "./cli-process.ts";

const run = promisify(execFile);
const name = "a.example.test";
const issue = ["issue", "-d", name, "--dns", "rfc2136"];
type Command = Awaited<ReturnType<typeof startCommand>>;

const certificates = ({ dir }: Command) => join(dir, "state/certificates", name);
const ordersAt = async ({ ca }: Command) => (await ca.requests()).filter(({ path }) => path === "/order-plz").length;

/** The only file below a folder of the state, or the one whose name ends so. */
async function fileIn({ dir }: Command, folder: string, end = ""): Promise<string> {
  const entries = await readdir(join(dir, "state", folder), { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isFile() && entry.name.endsWith(end));
  return join(found?.parentPath ?? "", found?.name ?? "none");
}

test("a damaged certificate is told, left as it is, and obtained anew beside it; what a newer version wrote is refused", async () => {
  await using certwright = await startCommand();
  expect(await certwright.run(issue)).toMatchObject({ code: 0 });
  const damages: readonly (readonly [file: string, damage: (text: string) => string])[] = [
    ["meta.json", () => ""],
    ["spec.json", (text) => text.slice(0, text.length / 2)],
    ["key.pem", (text) => text.slice(0, 60)],
    ["leaf.pem", (text) => text.slice(0, 200)],
  ];
  for (const [file, damage] of damages) {
    const generation = await readlink(join(certificates(certwright), "current"));
    const path = join(certificates(certwright), generation, file);
    const damaged = damage(await readFile(path, "utf8"));
    await writeFile(path, damaged);
    const ended = await certwright.run(issue);
    expect(ended, file).toMatchObject({ code: 0, stderr: expect.stringContaining("warning CERTIFICATE_DAMAGED") });
    expect(await readFile(path, "utf8"), file).toBe(damaged);
    expect(Number(await readlink(join(certificates(certwright), "current")))).toBe(Number(generation) + 1);
  }
  const ordered = await ordersAt(certwright);
  const meta = join(certificates(certwright), "current/meta.json");
  const newer = (await readFile(meta, "utf8")).replace('"format": 1', '"format": 99');
  await writeFile(meta, newer);
  for (const command of [issue, ["renew", "--force"], ["revoke", name]]) {
    const ended = await certwright.run(command);
    expect(ended, command[0]).toMatchObject({ code: 1, stderr: expect.stringContaining("error STORE_NEWER_FORMAT") });
  }
  expect(await readFile(meta, "utf8")).toBe(newer);
  expect(await ordersAt(certwright)).toBe(ordered);
});

test("damage elsewhere in the state costs no order and is not overwritten", async () => {
  await using certwright = await startCommand();
  expect(await certwright.run(issue)).toMatchObject({ code: 0 });
  const ordered = await ordersAt(certwright);
  const again = [...issue, "--force"];
  for (const [folder, end, hint, damage] of [
    ["ledger", ".json", /move it away/, (whole) => whole.subarray(0, whole.length / 2)],
    ["accounts", "account.json", /account import/, () => Buffer.alloc(0)],
    ["accounts", "key.pem", /account import/, (whole) => whole.subarray(0, whole.length / 2)],
    [".certwright", "format.json", /Restore it/, () => Buffer.from([0xff, 0, 1, 2])],
  ] as const satisfies readonly (readonly [string, string, RegExp, (whole: Buffer) => Buffer])[]) {
    const path = await fileIn(certwright, folder, end);
    const whole = await readFile(path);
    const damaged = damage(whole);
    await writeFile(path, damaged);
    const ended = await certwright.run(again);
    expect(ended, path).toMatchObject({ code: 1, stderr: expect.stringContaining("error STORE_CORRUPT") });
    expect(ended.stderr).toMatch(hint);
    expect(await readFile(path)).toEqual(Buffer.from(damaged));
    await writeFile(path, whole);
  }
  // Copied by a program that follows links: nothing must be taken for not issued yet.
  const current = join(certificates(certwright), "current");
  await rm(current);
  await run("cp", ["-r", join(certificates(certwright), "1"), current]);
  expect(await certwright.run(issue)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error STORE_LINKS_LOST: .*\n.*cp -a/),
  });
  expect(await ordersAt(certwright)).toBe(ordered);
});

test("damage by which nothing is lost is told, and stops nothing else", async () => {
  await using certwright = await startCommand();
  const state = join(certwright.dir, "state");
  const put = async (folder: string, file: string) => {
    await mkdir(join(state, folder), { recursive: true, mode: 0o700 });
    await writeFile(join(state, folder, file), "damaged", { mode: 0o600 });
  };
  expect(await certwright.run(["account", "create"])).toMatchObject({ code: 0 });
  // An order nobody can go on with is another order, not a certificate that never comes.
  await put(`orders/${name}`, "order.json");
  const issued = await certwright.run(issue);
  expect(issued, issued.stderr).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`warning STORE_CORRUPT: ${name}: orders/${name}/order.json`),
  });
  // One account hides no other.
  await put("accounts/ca.example/default", "account.json");
  const listed = await certwright.run(["account", "list", "--json"]);
  expect(resultOf(listed)).toMatchObject({
    exitCode: 1,
    accounts: [{ directoryUrl: certwright.ca.directoryUrl }],
    damaged: ["accounts/ca.example/default/account.json"],
  });
  expect(listed.stdout).toContain("account import");
  // What a journal nobody can read holds is not gone.
  await put("journal", "run-9");
  const swept = await certwright.run(["cleanup"]);
  expect(swept).toMatchObject({ code: 1, stderr: expect.stringContaining("warning STORE_CORRUPT: journal/run-9") });
  expect(swept.stdout).not.toContain("nothing was left behind");
  expect((await certwright.run(issue)).code).toBe(0);
  expect(await readFile(join(state, "journal/run-9"), "utf8")).toBe("damaged");
});

/** Has a process see a clock that many days ahead. TLS, which asks the system itself, sees the right one. */
const shiftedClock = `
  const ahead = Number(process.env.DAYS_AHEAD) * 86_400_000;
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length === 0 ? [Real.now() + ahead] : given)); }
    static now() { return Real.now() + ahead; }
  };`;

test("a clock a year off is named, orders nothing, and leaves nothing wrong behind", async () => {
  await using certwright = await startCommand();
  const { dir } = certwright;
  await writeFile(join(dir, "clock.mjs"), shiftedClock);
  const off = (days: number) => ({
    env: { NODE_OPTIONS: `--import=${join(dir, "clock.mjs")}`, DAYS_AHEAD: String(days) },
  });
  expect(await certwright.run(issue)).toMatchObject({ code: 0 });
  const ordered = await ordersAt(certwright);
  const ledger = await readFile(await fileIn(certwright, "ledger"), "utf8");
  for (const days of [-365, 365]) {
    const first = await certwright.run(["issue", "-d", "b.example.test", "--dns", "rfc2136"], off(days));
    expect(first).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error CLOCK_WRONG: .*the CA's says .*\n.*timedatectl/),
    });
    expect(await certwright.run(["renew"], off(days))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error CLOCK_WRONG"),
    });
  }
  expect(await certwright.run(["plan"], off(-365))).toMatchObject({
    stderr: expect.stringMatching(/error CLOCK_WRONG: .*the certificate in use began/),
  });
  expect(await ordersAt(certwright)).toBe(ordered);
  expect(await readFile(await fileIn(certwright, "ledger"), "utf8")).toBe(ledger);
  const planned = await certwright.run(["plan", "--json"]);
  expect(resultOf(planned).certificates).toMatchObject([{ action: { do: "nothing" } }]);
  // A few hours, as of a clock kept in local time, do no harm.
  expect(await certwright.run(["renew"], off(0.4))).toMatchObject({ code: 0, stderr: "" });
});

test.runIf(process.getuid?.() === 0)(
  "a full and a read-only disk: refused before an order, and all is well afterwards",
  async () => {
    await using certwright = await startCommand();
    const state = join(certwright.dir, "state");
    await mkdir(state, { mode: 0o700 });
    await run("mount", ["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", state]);
    try {
      expect(await certwright.run(issue)).toMatchObject({ code: 0 });
      const ordered = await ordersAt(certwright);
      const ballast = join(state, "certificates", ".ballast");
      await writeFile(ballast, Buffer.alloc(1024 * 1024)).catch(() => {});
      expect((await stat(ballast)).size).toBeLessThan(1024 * 1024);
      for (const command of [
        [...issue, "--force"],
        ["account", "rollover"],
      ]) {
        const ended = await certwright.run(command);
        expect(ended, command[0]).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/error STORE_FULL: .*\n.*Make room/),
        });
      }
      // The CA is asked first; where it cannot be noted, both are told.
      expect(await certwright.run(["revoke", name])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("revoked"),
        stderr: expect.stringContaining("error STORE_FULL"),
      });
      await rm(ballast);
      await run("mount", ["-o", "remount,ro", state]);
      expect(await certwright.run([...issue, "--force"])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/error STORE_READ_ONLY: .*\n.*writable/),
      });
      expect(await certwright.run(["list"])).toMatchObject({ code: 0, stdout: expect.stringContaining(name) });
      await run("mount", ["-o", "remount,rw", state]);
      expect(await ordersAt(certwright)).toBe(ordered);
      expect(await certwright.run(["revoke", name])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("revoked before"),
      });
      expect(await certwright.run([...issue, "--force"])).toMatchObject({ code: 0 });
    } finally {
      await run("umount", [state]);
    }
  },
);
