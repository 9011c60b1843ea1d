import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, lstat, mkdir, readdir, readFile, rename, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ManyOutcome, parseNode, pushMany } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { ca, defaults, expectNothingOpen, pemOf, pushTo, serialOf, watching } from "./haproxy-fixture.ts";

const run = promisify(execFile);
const config = `${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem
    http-request return status 200
`;
const site = ca.issue({ names: ["site.test"] });
const renewed = ca.issue({ names: ["site.test"] });
const start = () => startHaproxy({ version: "3.2", config, files: { "site.pem": site.pem } });
const push = (haproxy: Haproxy, file: string) =>
  pushTo(haproxy, { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem`, disk: { file } });

async function expectRefused(haproxy: Haproxy, file: string, code: string): Promise<void> {
  await expect(push(haproxy, file)).rejects.toMatchObject({ code, hint: expect.any(String) });
  expect(await serialOf(haproxy, `${haproxy.dir}/site.pem`)).toBe(site.serial);
  await expectNothingOpen(haproxy);
}

test("a directory that cannot be written to", async () => {
  await using haproxy = await start();
  const dir = join(haproxy.dir, "sealed");
  await mkdir(dir);
  await writeFile(join(dir, "site.pem"), site.pem);
  await using _ = await seal(dir);
  await expectRefused(haproxy, join(dir, "site.pem"), "HAPROXY_DIRECTORY_READ_ONLY");
  expect(await readFile(join(dir, "site.pem"), "utf8")).toBe(site.pem);
});

test("a key is not replaced where its certificate cannot be, by one push and by one of many", async () => {
  await using haproxy = await start();
  const dir = join(haproxy.dir, "sealed");
  await mkdir(dir);
  const [file, keyFile] = [join(dir, "site.pem"), join(haproxy.dir, "site.key")];
  await writeFile(file, site.fullchainPem);
  await writeFile(keyFile, site.keyPem);
  await using _ = await seal(dir);
  const request = { pem: pemOf(renewed), certificate: `${haproxy.dir}/site.pem`, disk: { file, keyFile } };
  const code = "HAPROXY_DIRECTORY_READ_ONLY";
  const context = watching();
  await expect(pushTo(haproxy, request, context)).rejects.toMatchObject({ code });
  expect(context.events.filter(({ type }) => type === "written")).toEqual([]);
  expect(await readFile(keyFile, "utf8")).toBe(site.keyPem);
  const errors: unknown[] = [];
  const onOutcome = (outcome: ManyOutcome) => errors.push(outcome.kind === "failed" && outcome.error);
  await pushMany(parseNode(haproxy.adminSocket), [request], { ...watching(), onOutcome });
  expect(errors).toMatchObject([{ code }]);
  expect(await readFile(keyFile, "utf8")).toBe(site.keyPem);
  await expectNothingOpen(haproxy);
});

test("a certificate and a crt-list behind symbolic links, as certbot and configuration tools lay them", async () => {
  const list = `${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt-list <dir>/list.txt
    http-request return status 200
`;
  await using haproxy = await startHaproxy({
    version: "3.2",
    config: list,
    files: { "site.pem": site.pem, "list.txt": "<dir>/site.pem\n" },
  });
  const { dir } = haproxy;
  await mkdir(join(dir, "real"));
  for (const file of ["site.pem", "list.txt"]) {
    await rename(join(dir, file), join(dir, "real", file));
    await symlink(join("real", file), join(dir, file));
  }
  const added = ca.issue({ names: ["added.test"] });
  const done = await pushTo(haproxy, { pem: pemOf(renewed), certificate: join(dir, "site.pem") });
  expect(done).toMatchObject({ action: "updated", served: true, files: [join(dir, "site.pem")] });
  const add = { list: join(dir, "list.txt") };
  expect(await pushTo(haproxy, { pem: pemOf(added), add })).toMatchObject({ action: "added", served: true });
  expect(await readFile(join(dir, "real/site.pem"), "utf8")).toBe(renewed.pem);
  expect(await readFile(join(dir, "real/list.txt"), "utf8")).toBe(`${dir}/site.pem\n${dir}/added.test.pem\n`);
  expect((await lstat(join(dir, "site.pem"))).isSymbolicLink()).toBe(true);
  expect((await lstat(join(dir, "list.txt"))).isSymbolicLink()).toBe(true);
});

test("a directory that does not exist, and a directory in the place of the file", async () => {
  await using haproxy = await start();
  await expectRefused(haproxy, join(haproxy.dir, "nowhere/site.pem"), "HAPROXY_DIRECTORY_MISSING");
  await expectRefused(haproxy, haproxy.dir, "HAPROXY_NOT_A_FILE");
});

/** Pushes in a process of its own, which is ended by SIGKILL between the new file and its place. */
async function pushKilled(haproxy: Haproxy): Promise<void> {
  const path = join(haproxy.dir, "site.pem");
  const script = `
    import { parseNode, push } from "@certwright/haproxy";
    const { node, ...request } = JSON.parse(process.env.PUSH);
    await push(parseNode(node), request, { signal: new AbortController().signal, now: Date.now });
  `;
  const killed = run(
    process.execPath,
    ["--import", join(import.meta.dirname, "kill-at.ts"), "--input-type=module", "-e", script],
    {
      cwd: import.meta.dirname,
      env: {
        PUSH: JSON.stringify({ node: haproxy.adminSocket, certificate: path, pem: pemOf(renewed) }),
        KILL_AT: `before rename 1 ${path}`,
      },
    },
  );
  await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });
  const [left = ""] = await leftIn(haproxy);
  expect(await readFile(join(haproxy.dir, left), "utf8")).toContain("PRIVATE KEY");
  expect((await stat(join(haproxy.dir, left))).mode & 0o777).toBe(0o600);
  // As if some time had passed: a writer on another machine may be at work for a moment.
  const then = Date.now() / 1000 - 5;
  await utimes(join(haproxy.dir, left), then, then);
}

const leftIn = async ({ dir }: Haproxy) => (await readdir(dir)).filter((name) => name.endsWith(".tmp"));

test("what a push that was killed left is removed by the next one, and by one of many", async () => {
  await using haproxy = await start();
  const certificate = join(haproxy.dir, "site.pem");
  await pushKilled(haproxy);
  await pushTo(haproxy, { pem: pemOf(site), certificate }, watching({ staleAfter: 100 }));
  expect(await leftIn(haproxy)).toEqual([]);
  await pushKilled(haproxy);
  const { updated } = await pushMany(
    parseNode(haproxy.adminSocket),
    [{ pem: pemOf(renewed), certificate }],
    watching({ staleAfter: 100 }),
  );
  expect(updated).toBe(1);
  expect(await leftIn(haproxy)).toEqual([]);
  await expectNothingOpen(haproxy);
});

// Only root may make a file system that is full; the unit tests have the same failure without one.
if (process.getuid?.() === 0) {
  test("a full disk", async () => {
    await using haproxy = await start();
    const dir = join(haproxy.dir, "small");
    await mkdir(dir);
    await run("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", dir]);
    try {
      await writeFile(join(dir, "site.pem"), "former\n");
      await writeFile(join(dir, "ballast"), Buffer.alloc(4096));
      await expectRefused(haproxy, join(dir, "site.pem"), "HAPROXY_DISK_FULL");
      expect(await readFile(join(dir, "site.pem"), "utf8")).toBe("former\n");
      expect(await readdir(dir)).toEqual(["ballast", "site.pem"]);
    } finally {
      await run("umount", [dir]);
    }
  });
}

test("what HAProxy refuses does not stay on disk", async () => {
  await using haproxy = await start();
  // OpenSSL's security level of Debian wants 2048 bits, which only HAProxy finds out.
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const weak = ca.issue({ names: ["site.test"], key: privateKey });
  const context = watching();
  await expect(pushTo(haproxy, { pem: pemOf(weak) }, context)).rejects.toMatchObject({
    code: "HAPROXY_REJECTED",
    message: expect.stringContaining("too small"),
  });
  const path = `${haproxy.dir}/site.pem`;
  expect(context.events.filter((event) => "path" in event)).toEqual([
    { type: "written", node: haproxy.adminSocket, path },
    { type: "restored", node: haproxy.adminSocket, path },
  ]);
  expect(await readFile(path, "utf8")).toBe(site.pem);
  expect(await serialOf(haproxy, path)).toBe(site.serial);
  await expectNothingOpen(haproxy);
});

/** Makes a folder unwritable even for root, whom permissions do not bind. */
async function seal(dir: string): Promise<AsyncDisposable> {
  if (process.getuid?.() !== 0) {
    await chmod(dir, 0o555);
    return { [Symbol.asyncDispose]: () => chmod(dir, 0o755) };
  }
  await run("mount", ["--bind", dir, dir]);
  await run("mount", ["-o", "remount,bind,ro", dir]);
  return {
    [Symbol.asyncDispose]: async () => {
      await run("umount", [dir]);
    },
  };
}
