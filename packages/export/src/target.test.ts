import { execFile, spawnSync } from "node:child_process";
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createSecureContext } from "node:tls";
import { promisify } from "node:util";
import type { DeployableCertificate } from "@certwright/core";
import { pathBeside } from "@certwright/core/store";
import { createTestCa } from "@certwright/tools/test-ca";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseOwner } from "./owner.ts";
import { exportTarget } from "./target.ts";

const run = promisify(execFile);
const ca = createTestCa();
const certificate = deployable();
const isRoot = process.getuid?.() === 0;

function deployable(): DeployableCertificate {
  const { leafPem, chainPem, keyPem, fingerprint256, notAfter } = ca.issue({ names: ["site.test"] });
  const identifiers = [{ type: "dns", value: "site.test" }] as const;
  return { name: "site.test", identifiers, generation: 1, leafPem, chainPem, keyPem, fingerprint256, notAfter };
}

const context = { now: Date.now, signal: new AbortController().signal };
const wanted = { name: "site.test", identifiers: certificate.identifiers, keyType: "ec256" } as const;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "certwright-export-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("says what it would write, and what is in the way, and writes nothing", async () => {
  const foresee = (id: string) => exportTarget(id).foresee?.(wanted, context);
  await writeFile(join(dir, "old.pem"), "old");
  expect(await foresee(`export:${dir}/old.pem`)).toBe(`${dir}/old.pem would be replaced`);
  expect(await foresee(`export:${dir}/{name}.pem`)).toBe(`${dir}/site.test.pem would be written`);
  expect(await foresee(`export:${dir}?format=files`)).toContain(`${dir}/privkey.pem would be written`);
  await expect(foresee(`export:${dir}/none/x.pem`)).rejects.toMatchObject({ code: "EXPORT_DIRECTORY_MISSING" });
  await expect(foresee(`export:${dir}`)).rejects.toMatchObject({ code: "EXPORT_NOT_A_FILE" });
  const pkcs12 = `export:${dir}/x.p12?format=pkcs12&password-file=${dir}/none`;
  await expect(foresee(pkcs12)).rejects.toMatchObject({ code: "EXPORT_PASSWORD" });
  expect(await readdir(dir)).toEqual(["old.pem"]);
  expect(await readFile(join(dir, "old.pem"), "utf8")).toBe("old");
});

async function exported(address: string, what = certificate) {
  const steps: string[] = [];
  const context = {
    now: Date.now,
    signal: new AbortController().signal,
    step: (step: string) => void steps.push(step),
  };
  return { ...(await exportTarget(`export:${dir}/${address}`).deploy(what, context)), steps };
}

const modeOf = async (name: string) => ((await stat(join(dir, name))).mode & 0o7777).toString(8);
const text = (name: string) => readFile(join(dir, name), "utf8");

describe("what is written", () => {
  test("one PEM file, in the order asked for, 0600; again it is left alone; renewed it is replaced", async () => {
    const { leafPem, chainPem, keyPem } = certificate;
    expect(await exported("site.pem")).toMatchObject({ action: "added", served: false, warnings: [] });
    expect(await text("site.pem")).toBe(leafPem + chainPem + keyPem);
    expect(await modeOf("site.pem")).toBe("600");
    expect(await exported("site.pem")).toMatchObject({ action: "unchanged", steps: [] });
    expect(await exported("other.pem?parts=key,fullchain")).toMatchObject({ action: "added" });
    expect(await text("other.pem")).toBe(keyPem + leafPem + chainPem);
    const renewed = deployable();
    expect(await exported("site.pem", renewed)).toMatchObject({ action: "updated", steps: ["written"] });
    expect(await text("site.pem")).toBe(renewed.leafPem + renewed.chainPem + renewed.keyPem);
    expect(await readdir(dir)).toEqual(["other.pem", "site.pem"]);
  });

  test("each certificate to a file of its own name", async () => {
    for (const name of ["site.test", "*.site.test", "../../etc/passwd", ".hidden"])
      await exported("{name}.pem", { ...certificate, name });
    expect(await readdir(dir)).toEqual(["_._.._etc_passwd.pem", "_.site.test.pem", "_hidden.pem", "site.test.pem"]);
  });

  test("separate files by their usual names", async () => {
    const { leafPem, chainPem, keyPem } = certificate;
    expect(await exported("?format=files&mode=0640")).toMatchObject({ action: "added" });
    expect(await readdir(dir)).toEqual(["cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"]);
    expect(await text("privkey.pem")).toBe(keyPem);
    expect(await text("fullchain.pem")).toBe(leafPem + chainPem);
    expect(await modeOf("privkey.pem")).toBe("640");
  });

  test("PKCS#12 with the first line of a file as password", async () => {
    await writeFile(join(dir, "password"), "changeit\n# for tomcat\n");
    for (const format of ["pkcs12", "pkcs12-legacy"]) {
      await exported(`site.p12?format=${format}&mode=0644&password-file=${dir}/password`);
      const pfx = await readFile(join(dir, "site.p12"));
      expect(() => createSecureContext({ pfx, passphrase: "changeit" })).not.toThrow();
      expect(await modeOf("site.p12")).toBe("644");
    }
  });
});

describe("whose it is", () => {
  test("the owner and mode of the file before stay, but no key stays readable for all", async () => {
    await writeFile(join(dir, "site.pem"), "old");
    await chmod(join(dir, "site.pem"), 0o644);
    if (isRoot) await chown(join(dir, "site.pem"), 12_345, 12_346);
    const { warnings } = await exported("site.pem");
    expect(warnings).toEqual([expect.stringMatching(/could be read by all users/)]);
    expect(await modeOf("site.pem")).toBe("640");
    if (isRoot) expect(await stat(join(dir, "site.pem"))).toMatchObject({ uid: 12_345, gid: 12_346 });
  });

  test("it is given away by number and by name, where that may be done", async () => {
    const own = await stat(dir);
    await exported(`a.pem?owner=${own.uid}:${own.gid}&mode=0400`);
    expect(await modeOf("a.pem")).toBe("400");
    const other = exported("b.pem?owner=daemon:12346&mode=0640");
    if (isRoot) {
      await other;
      expect(await stat(join(dir, "b.pem"))).toMatchObject({ uid: 1, gid: 12_346 });
    } else {
      await expect(other).rejects.toMatchObject({ code: "EXPORT_OWNER" });
      expect(await readdir(dir)).toEqual(["a.pem"]);
    }
    await expect(exported("c.pem?owner=no-such-user")).rejects.toMatchObject({
      code: "EXPORT_OWNER",
      hint: expect.stringContaining("id -u no-such-user"),
    });
    expect(await readdir(dir)).not.toContain("c.pem");
  });

  test.each([
    ["tomcat", { user: "tomcat" }],
    ["1000:ssl-cert", { user: "1000", group: "ssl-cert" }],
    [":www-data", { group: "www-data" }],
    ["", undefined],
    [":", undefined],
    ["a:", undefined],
    ["a:b:c", undefined],
    ["a b", undefined],
    ["-x", undefined],
  ])("%j", (owner, expected) => {
    expect(parseOwner(owner)).toEqual(expected);
  });
});

describe("what is in the way", () => {
  test("what a killed run left is gone with the next, and nobody else's file is", async () => {
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    const left = basename(pathBeside("site.pem")).replace(`-${process.pid}-`, `-${ended}-`);
    const names = [left, ".site.pem.0123456789ab.tmp"];
    for (const name of names) await writeFile(join(dir, name), certificate.keyPem, { mode: 0o600 });
    const past = new Date(Date.now() - 10_000);
    for (const name of names) await utimes(join(dir, name), past, past);
    await exported("site.pem");
    expect(await readdir(dir)).toEqual([names[1], "site.pem"]);
  });

  test("a directory that is missing, a directory in the place of the file, a link", async () => {
    await expect(exported("none/site.pem")).rejects.toMatchObject({ code: "EXPORT_DIRECTORY_MISSING" });
    await mkdir(join(dir, "sub"));
    await expect(exported("sub")).rejects.toMatchObject({ code: "EXPORT_NOT_A_FILE" });
    await writeFile(join(dir, "real"), "old");
    await symlink("real", join(dir, "mine.pem"));
    await exported("mine.pem");
    expect((await lstat(join(dir, "mine.pem"))).isSymbolicLink()).toBe(true);
    expect(await text("real")).toContain("PRIVATE KEY");
    if (!isRoot) return;
    await writeFile(join(dir, "victim"), "untouched");
    await symlink("victim", join(dir, "theirs.pem"));
    await lchown(join(dir, "theirs.pem"), 12_345, 12_345);
    await expect(exported("theirs.pem")).rejects.toMatchObject({ code: "EXPORT_LINK" });
    expect(await text("victim")).toBe("untouched");
  });

  test.runIf(isRoot)("a disk that is full, and one that is read-only: the file before stays whole", async () => {
    await run("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", dir]);
    try {
      await exported("?format=files");
      await writeFile(join(dir, "ballast"), Buffer.alloc(64 * 1024)).catch(() => {});
      const before = await text("privkey.pem");
      await expect(exported("?format=files", deployable())).rejects.toMatchObject({
        code: "EXPORT_FULL",
        retryable: true,
      });
      expect(await text("privkey.pem")).toBe(before);
      expect((await readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
      await run("mount", ["-o", "remount,ro", dir]);
      await expect(exported("?format=files", deployable())).rejects.toMatchObject({
        code: "EXPORT_FAILED",
        message: expect.stringContaining("EROFS"),
      });
    } finally {
      await run("umount", [dir]);
    }
  });

  test("a password that is missing or unreadable", async () => {
    await expect(exported("s.p12?format=pkcs12&password-file=/nowhere/password")).rejects.toMatchObject({
      code: "EXPORT_PASSWORD",
    });
    expect(() => exportTarget("export:/a.p12?format=pkcs12")).toThrow(
      expect.objectContaining({ code: "EXPORT_PASSWORD" }),
    );
  });

  test.each([
    ["site.pem", /absolute path/],
    ["/a?format=der", /format der/],
    ["/a?parts=leaf,leaf", /twice/],
    ["/a?parts=leaf,root", /"root" is no part/],
    ["/a?format=files&parts=key", /no meaning/],
    ["/a?mode=0644", /every user read the private key/],
    ["/a?mode=777", /cannot be/],
    ["/a?mode=0o600", /cannot be/],
    ["/a?owner=a:b:c", /no owner/],
    ["/a?mode=0600&mode=0640", /needs one value/],
    ["/a?modus=0600", /not known/],
    ["/a?password-file=/p", /PEM takes no password/],
    ["/a?password=env:P", /PEM takes no password/],
    ["/a.p12?format=pkcs12&password=env:P&password-file=/p", /two passwords/],
    ["/a.p12?format=pkcs12&password=changeit", /^the password must not stand there itself$/],
  ])("%s", (address, message) => {
    expect(() => exportTarget(`export:${address}`)).toThrow(
      expect.objectContaining({
        code: "EXPORT_ADDRESS",
        message: expect.stringMatching(message),
        hint: expect.any(String),
      }),
    );
  });
});
