import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
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

test("a directory that does not exist, and a directory in the place of the file", async () => {
  await using haproxy = await start();
  await expectRefused(haproxy, join(haproxy.dir, "nowhere/site.pem"), "HAPROXY_DIRECTORY_MISSING");
  await expectRefused(haproxy, haproxy.dir, "HAPROXY_NOT_A_FILE");
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
