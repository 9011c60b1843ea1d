import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCommandLine, configArguments, startedWith } from "./started-with.ts";

test("the master socket of the command line", () => {
  const codes = (...argv: string[]) => checkCommandLine(["haproxy", ...argv], "h").map(({ code }) => code);
  expect(codes("-W", "-S", "/run/master.sock,mode,600", "-f", "/a")).toEqual([]);
  expect(codes("-S", "127.0.0.1:9999")).toEqual([]);
  expect(codes("-Ws", "-S", "0.0.0.0:9999,ssl,crt,/a.pem")).toEqual([
    "HAPROXY_CHECK_SSL_IGNORED",
    "HAPROXY_CHECK_SOCKET_PLAINTEXT",
  ]);
  expect(configArguments(["haproxy", "-f", "/a", "-W", "-f", "/b", "--", "/c", "/d"])).toEqual([
    "/a",
    "/b",
    "/c",
    "/d",
  ]);
});

test("what the system tells of a process, and of none that is no HAProxy or keeps it to itself", async () => {
  const proc = await mkdtemp(join(tmpdir(), "certwright-proc-"));
  const started = async (files: Record<string, string>, cwd?: string) => {
    const own = join(proc, "7");
    await rm(own, { recursive: true, force: true });
    await mkdir(own);
    for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), text);
    if (cwd !== undefined) await symlink(cwd, join(own, "cwd"));
    return await startedWith(7, proc);
  };
  try {
    const cmdline = "/usr/sbin/haproxy\0-Ws\0-f\0/etc/h.cfg\0-f\0conf.d\0-sf\x007\0";
    expect(await started({ cmdline, environ: "A=1\0B=x=y\0EMPTY=\0" }, "/srv")).toMatchObject({
      files: ["/etc/h.cfg", "/srv/conf.d"],
      env: { A: "1", B: "x=y", EMPTY: "" },
    });
    const cut = await started({ cmdline });
    expect(cut).toMatchObject({ files: ["/etc/h.cfg", "conf.d"] });
    expect(cut).not.toHaveProperty("env");
    expect(await started({ cmdline: "haproxy\0-C\0/etc\0-f\0h.cfg\0" }, "/srv")).toMatchObject({
      files: ["/etc/h.cfg"],
    });
    expect(await started({ cmdline: "/usr/sbin/cron\0-f\0" })).toBeUndefined();
    expect(await startedWith(8, proc)).toBeUndefined();
  } finally {
    await rm(proc, { recursive: true });
  }
});
