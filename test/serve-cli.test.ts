import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, verifyUnits } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { startCommand } from "./cli-process.ts";
import { startWebhook } from "./webhook.ts";

test("the service keeps what its file says, follows the file, answers, tells, and ends clean", async () => {
  await using certwright = await startCommand();
  await using webhook = await startWebhook();
  const { dir, dns, ca } = certwright;
  const port = await freePort();
  const file = join(dir, "certwright.yaml");
  const config = (names: readonly string[], more = "") => `
accounts: { ops: { acceptTerms: true } }
cas: { pebble: { url: "${ca.directoryUrl}", caFile: "${ca.caFile}" } }
providers: { rfc2136: {} }
defaults: { dns: { resolvers: ["${dns.address}"], nameservers: ["${dns.address}"] } }
serve: { listen: ":${port}" }
notifications:
  chat: { webhook: "${webhook.url}", on: [issued, failed] }
  file: { exec: [/usr/bin/tee, -a, notices], on: [issued] }
certificates: { ${names.map((name) => `${name}: `).join(", ")} }
${more}`;
  /** As careful editors write: another file in its place. */
  const edit = async (text: string) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await edit(config(["a.example.test"]));
  // Nothing here supervises; the program systemd would be told by notes what it was told.
  const bin = join(dir, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "systemd-notify"), `#!/bin/sh\necho "$@" >> "${dir}/told"\n`);
  await chmod(join(bin, "systemd-notify"), 0o755);

  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return { status: response?.status, body: (await response?.text()) ?? "" };
  };
  const ready = () => expect.poll(async () => (await get("/readyz")).status);
  const issued = () => webhook.notices.filter(({ event }) => event === "issued").map(({ certificate }) => certificate);
  const path = `${bin}:${process.env.PATH ?? ""}`;
  let kill: (signal: NodeJS.Signals) => void = () => {};
  const env = { PATH: path, NOTIFY_SOCKET: join(dir, "notify"), WATCHDOG_USEC: "2000000" };
  const service = certwright.run(["serve"], {
    env,
    onLine: (_line, send) => {
      kill = send;
    },
  });

  await ready().toBe(200);
  expect(await get("/healthz")).toEqual({ status: 200, body: "ok\n" });
  expect((await get("/metrics")).body).toContain('certwright_certificate_failing{certificate="a.example.test"} 0');
  expect((await get("/other")).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: "POST" })).status).toBe(405);
  await expect.poll(issued).toEqual(["a.example.test"]);

  // The file changes: what is new is issued, what was there is left alone. By the account's new key.
  expect(await certwright.run(["account", "rollover"])).toMatchObject({ code: 0 });
  await edit(config(["a.example.test", "b.example.test"]));
  await expect.poll(issued).toEqual(["a.example.test", "b.example.test"]);
  await ready().toBe(200);

  // A file with faults changes nothing, and is told.
  await edit(config(["c.example.test"], "paralel: 3"));
  await ready().toBe(503);
  expect(JSON.parse((await get("/readyz")).body)).toMatchObject({
    config: { fault: expect.stringContaining("Did you mean parallel?") },
    certificates: 2,
    failing: [],
  });
  expect((await get("/metrics")).body).toContain("\ncertwright_config_valid 0\n");
  await edit(config(["a.example.test", "b.example.test"]));
  kill("SIGHUP");
  await ready().toBe(200);
  await expect.poll(() => readFile(join(dir, "told"), "utf8")).toContain("WATCHDOG=1");

  kill("SIGTERM");
  const ended = await service;
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/stopped\n$/) });
  expect(ended.stderr).toContain("CONFIG_INVALID");
  expect(ended.stderr).not.toContain("INTERNAL");
  const told = (await readFile(join(dir, "told"), "utf8"))
    .trim()
    .split("\n")
    .filter((line) => line !== "WATCHDOG=1");
  expect(told[0]).toBe("READY=1 STATUS=keeping 1 certificate");
  expect(told.filter((line) => line.startsWith("RELOADING=1")).length).toBeGreaterThanOrEqual(3);
  expect(told.at(-1)).toBe("STOPPING=1");
  const notices = (await readFile(join(dir, "notices"), "utf8")).trim().split("\n");
  expect(notices.map((line) => JSON.parse(line).certificate)).toEqual(["a.example.test", "b.example.test"]);
  expect((await ca.requests()).filter(({ path }) => path.startsWith("/finalize-order"))).toHaveLength(2);
});

test("systemd takes the units that install-timer writes", async () => {
  await using certwright = await startCommand();
  const dir = join(certwright.dir, "units");
  const config = join(certwright.dir, "a 100% odd $place", "certwright.yaml");
  const install = ["install-timer", "--dir", dir, "--state", join(certwright.dir, "an 80% odd place")];
  expect(await certwright.run([...install, "--config", config])).toMatchObject({ code: 0, stderr: "" });
  expect((await readdir(dir)).sort()).toEqual([
    "certwright-renew.service",
    "certwright-renew.timer",
    "certwright.service",
  ]);
  expect(await verifyUnits(dir)).toBe("");
  expect(await certwright.run([...install, "--config", config])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("every unit is there already"),
  });
  // Where state is kept is said by the units only where it was said here: else the configuration could not say it.
  const service = async (args: readonly string[], env = {}) => {
    const { stdout } = await certwright.run(["install-timer", "--dry-run", ...args], { env });
    return stdout.slice(0, stdout.indexOf("# certwright-renew.service"));
  };
  expect(await service(["--state", "/srv/100% odd"])).toMatch(
    /^Environment="CERTWRIGHT_STATE=\/srv\/100%% odd"$.*^ReadWritePaths=.* "-\/srv\/100%% odd"$/ms,
  );
  await writeFile(join(certwright.dir, "certwright.yaml"), "state: { location: kept }\ncertificates: {}\n");
  // The configuration is the one other commands use here.
  const configured = await service([], { CERTWRIGHT_STATE: "" });
  expect(configured).toContain(`--config ${join(certwright.dir, "certwright.yaml")}\n`);
  expect(configured).toContain(` -${join(certwright.dir, "kept")}\n`);
  expect(configured).not.toContain("CERTWRIGHT_STATE");
  const unit = join(dir, "certwright.service");
  await writeFile(unit, (await readFile(unit, "utf8")).replace("ProtectSystem=", "ProtectSistem="));
  expect(await verifyUnits(dir)).toContain("ProtectSistem");
  expect(await certwright.run(install)).toMatchObject({ code: 2, stderr: expect.stringContaining("CLI_FILE_EXISTS") });
});
