import { lstat, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { DeployableCertificate } from "../manage/target.ts";
import { memoryStore } from "../store/memory-store.ts";
import { saveCertificate } from "../store/save-certificate.ts";
import type { Store } from "../store/store.ts";
import { issuedWith } from "../store/testing/issued.ts";
import { quietStore, temporaryFolder } from "../store/testing/temporary.ts";
import { createExecTarget } from "./exec-target.ts";
import { type Hook, type HookWorld, runHook } from "./run-hook.ts";
import { program, shellScript, worldIn } from "./testing/world.ts";
import { fileStem } from "./variables.ts";

const ca = createTestCa();
const made = ca.issue({ names: ["*.example.com", "example.com"] });
const name = "*.example.com";
const identifiers = [
  { type: "dns", value: "*.example.com" },
  { type: "dns", value: "example.com" },
] as const;
const certificate: DeployableCertificate = { name, identifiers, generation: 1, ...made };

async function storeWith(store: Store): Promise<Store> {
  const spec = { identifiers, cas: [{ directoryUrl: "https://ca.example/directory", email: "ops@example.com" }] };
  await saveCertificate(store, issuedWith(made, name, { profile: "tlsserver" }, spec), made.notBefore.getTime());
  return store;
}

async function deploy(hook: Hook, store: Store, world: HookWorld) {
  const steps: string[] = [];
  const step = (what: string, detail?: string) => steps.push(`${what}: ${detail}`);
  const { signal } = new AbortController();
  const outcome = await createExecTarget("exec:test", hook, store, world).deploy(certificate, {
    now: () => 0,
    signal,
    step,
  });
  return { outcome, steps };
}

/** Prints all that a hook can see, before it is gone. */
const tellAll = `
const fs = require("fs");
const path = require("path");
const input = fs.readFileSync(0, "utf8");
const folder = path.dirname(process.env.CERTWRIGHT_HOOK_CONTEXT);
const texts = {}, modes = {};
for (const file of fs.readdirSync(folder, { recursive: true })) {
  const at = path.join(folder, file);
  modes[file] = (fs.statSync(at).mode & 0o777).toString(8);
  if (fs.statSync(at).isFile()) texts[file] = fs.readFileSync(at, "latin1");
}
const told = { input: JSON.parse(input), same: fs.readFileSync(process.env.CERTWRIGHT_HOOK_CONTEXT, "utf8") === input, env: process.env, argv: process.argv.slice(2), texts, modes, links: fs.lstatSync(process.env.RENEWED_LINEAGE + "/privkey.pem").isSymbolicLink(), folderMode: (fs.statSync(folder).mode & 0o777).toString(8) };
fs.writeFileSync(process.argv[2], JSON.stringify(told));
`;

async function toldWith(store: Store, folder: string, change: Partial<Hook> = {}) {
  const [path] = await program(folder, "tell", tellAll);
  const out = join(folder, "told.json");
  await deploy({ command: [path, out], timeout: 60, ...change }, store, worldIn(folder));
  return JSON.parse(await readFile(out, "utf8"));
}

describe("a program as a deploy target", () => {
  test("is told of the certificate in JSON, on its input and in a file, and of its key by name alone", async () => {
    await using folder = await temporaryFolder();
    const told = await toldWith(await storeWith(memoryStore()), folder.path);
    const context = told.env.CERTWRIGHT_HOOK_CONTEXT as string;
    const directory = join(context, "../live/_.example.com");
    expect(told.same).toBe(true);
    expect(told.input).toEqual({
      version: 1,
      event: "deploy",
      scope: "certificate",
      certificate: {
        name,
        domains: ["*.example.com", "example.com"],
        keyType: "ec256",
        profile: "tlsserver",
        server: "https://ca.example/directory",
        account: "https://ca.example/acct/1",
        email: "ops@example.com",
      },
      issued: {
        generation: 1,
        notAfter: made.notAfter.toISOString(),
        fingerprint256: made.fingerprint256,
        files: {
          directory,
          certificate: join(directory, "cert.pem"),
          chain: join(directory, "chain.pem"),
          fullchain: join(directory, "fullchain.pem"),
          key: join(directory, "privkey.pem"),
          combined: join(directory, "combined.pem"),
        },
      },
    });
    const keyLines = made.keyPem.split("\n").filter((line) => line.length > 16 && !line.startsWith("-"));
    for (const line of keyLines) expect(JSON.stringify([told.env, told.argv, told.input])).not.toContain(line);
  });

  test("gets a clean environment with the variables of lego and certbot", async () => {
    await using folder = await temporaryFolder();
    const { env } = await toldWith(await storeWith(memoryStore()), folder.path, {
      passEnv: ["EXTRA", "UNSET"],
      env: { MODE: "fast", API_TOKEN: { env: "TOKEN" } },
    });
    const directory = join(env.CERTWRIGHT_HOOK_CONTEXT, "../live/_.example.com");
    const crt = join(directory, "_.example.com.crt");
    const key = join(directory, "_.example.com.key");
    const issuer = join(directory, "_.example.com.issuer.crt");
    const pem = join(directory, "_.example.com.pem");
    expect(env).toEqual({
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/home/op",
      LC_TIME: "C",
      EXTRA: "passed",
      MODE: "fast",
      API_TOKEN: 'secret of {"env":"TOKEN"}',
      CERTWRIGHT_HOOK: "deploy",
      CERTWRIGHT_HOOK_CONTEXT: env.CERTWRIGHT_HOOK_CONTEXT,
      CERTWRIGHT_HOOK_VERSION: "1",
      LEGO_ACCOUNT_EMAIL: "ops@example.com",
      LEGO_CERT_DOMAIN: "*.example.com",
      LEGO_CERT_PATH: crt,
      LEGO_CERT_KEY_PATH: key,
      LEGO_ISSUER_CERT_PATH: issuer,
      LEGO_CERT_PEM_PATH: pem,
      LEGO_HOOK_ACCOUNT_ID: "ops@example.com",
      LEGO_HOOK_ACCOUNT_EMAIL: "ops@example.com",
      LEGO_HOOK_ACCOUNT_SERVER: "https://ca.example/directory",
      LEGO_HOOK_CERT_NAME: "*.example.com",
      LEGO_HOOK_CERT_NAME_SANITIZED: "_.example.com",
      LEGO_HOOK_CERT_KEY_TYPE: "EC256",
      LEGO_HOOK_CERT_DOMAINS: "*.example.com,example.com",
      LEGO_HOOK_CERT_PATH: crt,
      LEGO_HOOK_CERT_KEY_PATH: key,
      LEGO_HOOK_ISSUER_CERT_PATH: issuer,
      LEGO_HOOK_CERT_PEM_PATH: pem,
      RENEWED_LINEAGE: directory,
      RENEWED_DOMAINS: "*.example.com example.com",
    });
  });

  test.each([
    ["copies, where the state is elsewhere", () => memoryStore(), false],
    ["links, where the state lies here", (path: string) => quietStore(join(path, "state")), true],
  ])("finds the files as both tools lay them out: %s", async (_, open, links) => {
    await using folder = await temporaryFolder();
    const told = await toldWith(await storeWith(open(folder.path)), folder.path);
    const at = (file: string) => told.texts[join("live/_.example.com", file)];
    expect(at("cert.pem")).toBe(made.leafPem);
    for (const file of ["chain.pem", "_.example.com.issuer.crt"]) expect(at(file)).toBe(made.chainPem);
    for (const file of ["fullchain.pem", "_.example.com.crt"]) expect(at(file)).toBe(made.leafPem + made.chainPem);
    for (const file of ["privkey.pem", "_.example.com.key"]) expect(at(file)).toBe(made.keyPem);
    for (const file of ["combined.pem", "_.example.com.pem"])
      expect(at(file)).toBe(made.leafPem + made.chainPem + made.keyPem);
    expect(told.links).toBe(links);
    expect(new Set(Object.values(told.modes))).toEqual(new Set(["600", "700"]));
    expect(told.folderMode).toBe("700");
    expect((await readdir(folder.path)).sort()).toEqual([...(links ? ["state"] : []), "tell", "told.json"].sort());
  });

  test("gets copies of what is being deployed where the state has moved on", async () => {
    await using folder = await temporaryFolder();
    const store = await storeWith(quietStore(join(folder.path, "state")));
    const next = ca.issue({ names: ["*.example.com", "example.com"] });
    await saveCertificate(store, issuedWith(next, name, {}, { identifiers }), next.notBefore.getTime());
    const told = await toldWith(store, folder.path);
    expect(told.links).toBe(false);
    expect(told.texts["live/_.example.com/privkey.pem"]).toBe(made.keyPem);
  });

  test("says what it did, which is passed on", async () => {
    await using folder = await temporaryFolder();
    const command = await program(folder.path, "talk", "console.log('one\\u0007\\n\\ntwo'); console.error('three')");
    const { outcome, steps } = await deploy({ command, timeout: 60 }, memoryStore(), worldIn(folder.path));
    expect(outcome).toEqual({ action: "updated", served: false, detail: "three" });
    expect(steps).toEqual(["output: one", "output: two", "output: three"]);
  });

  test("fails with its last words, never with the key, and leaves nothing behind", async () => {
    await using folder = await temporaryFolder();
    const text =
      "const fs = require('fs'); const key = fs.readFileSync(process.env.LEGO_CERT_KEY_PATH, 'utf8'); console.log(key); console.error(key.split('\\n')[1] + ' could not be copied ' + process.env.API_TOKEN); process.exit(4)";
    const command = await program(folder.path, "leak", text);
    const env = { API_TOKEN: { file: "/token" } };
    const failed = await deploy({ command, timeout: 60, env, name: "copy" }, memoryStore(), worldIn(folder.path)).catch(
      (error) => error,
    );
    expect(failed).toMatchObject({
      code: "HOOK_FAILED",
      hook: "copy",
      exitCode: 4,
      retryable: true,
      message: "the hook copy ended with status 4: *** could not be copied ***",
      output: ["***", "*** could not be copied ***"],
    });
    expect(await readdir(folder.path)).toEqual(["leak"]);
  });

  test("shows no key that is not ours either, whole or cut", async () => {
    await using folder = await temporaryFolder();
    const other = ca.issue({ names: ["other.example"], keyType: "rsa" }).keyPem;
    const text = `console.log(${JSON.stringify(`before\n${other}after\n${other.slice(0, 400)}`)})`;
    const command = await program(folder.path, "leak", text);
    const { steps } = await deploy({ command, timeout: 60 }, memoryStore(), worldIn(folder.path));
    expect(steps).toEqual(["output: before", "output: ***", "output: after", "output: ***"]);
    const cut = `process.stdout.write(${JSON.stringify(`${other.slice(200)}done`)})`;
    const { steps: rest } = await deploy(
      { command: await program(folder.path, "cut", cut), timeout: 60 },
      memoryStore(),
      worldIn(folder.path),
    );
    expect(rest).toEqual(["output: ***", "output: done"]);
  });

  test("says which program it would run, or why none, and runs none", async () => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    const [script] = await shellScript(path, "mark", `touch ${path}/mark-left`);
    await writeFile(join(path, "plain"), "");
    const foresee = async (command: string, hook: Partial<Hook> = {}) => {
      const target = createExecTarget(
        "exec:test",
        { command: [command], timeout: 60, ...hook },
        memoryStore(),
        worldIn(path),
      );
      return await target.foresee?.(
        { name, identifiers, keyType: "ec256" },
        { now: () => 0, signal: new AbortController().signal },
      );
    };
    for (const [command, hook] of [
      [script, {}],
      ["./mark", {}],
      ["mark", { env: { PATH: `/nowhere:${path}` } }],
      ["mark", { env: { PATH: ":/nowhere" } }],
      ["./mark", { directory: join(path, "..", basename(path)) }],
    ] as const) {
      expect(await foresee(command, hook)).toBe(`would run ${script}`);
    }
    for (const [command, hook, code] of [
      ["mark", {}, "PROGRAM_NOT_FOUND"],
      ["./absent", {}, "PROGRAM_NOT_FOUND"],
      ["./plain", {}, "PROGRAM_NOT_EXECUTABLE"],
      ["plain", { env: { PATH: `${path}:/nowhere` } }, "PROGRAM_NOT_EXECUTABLE"],
      [path, {}, "PROGRAM_NOT_EXECUTABLE"],
      [script, { directory: "/nowhere" }, "PROGRAM_NOT_FOUND"],
    ] as const) {
      // What it would really come to has the same code.
      const hookOf: Hook = { command: [command], timeout: 60, ...hook };
      const told = expect.objectContaining({ code, hint: expect.any(String) });
      await expect(foresee(command, hook)).rejects.toEqual(told);
      await expect(deploy(hookOf, memoryStore(), worldIn(path))).rejects.toEqual(told);
    }
    await expect(stat(join(path, "mark-left"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("tells what keeps it from running, by its name", async () => {
    await using folder = await temporaryFolder();
    const world = worldIn(folder.path);
    await expect(
      deploy({ command: ["/nonexistent/hook"], timeout: 60, name: "x" }, memoryStore(), world),
    ).rejects.toMatchObject({
      code: "PROGRAM_NOT_FOUND",
      message:
        "the hook x failed: there is no program /nonexistent/hook, or its first line names an interpreter that is not there",
      hint: "Correct the path.",
    });
    const command = await program(folder.path, "hang", "setInterval(() => {}, 1000)");
    await expect(deploy({ command, timeout: 1 }, memoryStore(), world)).rejects.toMatchObject({
      code: "PROGRAM_TIMEOUT",
      retryable: true,
      hook: command[0],
    });
    expect(await readdir(folder.path)).toEqual(["hang"]);
  });
});

describe("a certificate's name", () => {
  test.each([
    ["*.example.com", "_.example.com"],
    ["..", "_."],
    [".hidden", "_hidden"],
    ["a/../../b\\c", "a_.._.._b_c"],
    ["2001:db8::1", "2001:db8::1"],
    ["x".repeat(253), "x".repeat(100)],
  ])("never leads out of a hook's directory: %s", (given, stem) => {
    expect(fileStem(given)).toBe(stem);
  });
});

describe("a script written for another tool", () => {
  test("works unchanged: certbot", async () => {
    await using folder = await temporaryFolder();
    const script = `
for domain in $RENEWED_DOMAINS; do
  case "$domain" in
    example.com)
      cat "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" > "${folder.path}/$(basename "$RENEWED_LINEAGE").haproxy"
      ;;
  esac
done`;
    const command = await shellScript(folder.path, "certbot-hook", script);
    await deploy(
      { command, timeout: 60 },
      await storeWith(quietStore(join(folder.path, "state"))),
      worldIn(folder.path),
    );
    const copied = join(folder.path, "_.example.com.haproxy");
    expect(await readFile(copied, "latin1")).toBe(made.leafPem + made.chainPem + made.keyPem);
    expect((await lstat(copied)).isFile()).toBe(true);
  });

  test("works unchanged: lego", async () => {
    await using folder = await temporaryFolder();
    const script = `
ISSUER="\${LEGO_CERT_PATH%.crt}.issuer.crt"
install -m 0644 "$LEGO_CERT_PATH" "${folder.path}/site.crt"
install -m 0600 "$LEGO_CERT_KEY_PATH" "${folder.path}/site.key"
test "$(cat "$ISSUER")" = "$(cat "$LEGO_ISSUER_CERT_PATH")"
echo "$LEGO_CERT_DOMAIN for $LEGO_ACCOUNT_EMAIL"`;
    const command = await shellScript(folder.path, "lego-hook", script);
    const { outcome } = await deploy({ command, timeout: 60 }, await storeWith(memoryStore()), worldIn(folder.path));
    expect(outcome.detail).toBe("*.example.com for ops@example.com");
    expect(await readFile(join(folder.path, "site.key"), "utf8")).toBe(made.keyPem);
    expect((await stat(join(folder.path, "site.key"))).mode & 0o777).toBe(0o600);
  });
});

describe("a hook", () => {
  test("runs where it is told to, else where its configuration is", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const command = await program(folder.path, "where", "console.log(process.cwd())");
    const context = { event: "pre", scope: "run" } as const;
    const { signal } = new AbortController();
    const world = worldIn(folder.path);
    expect((await runHook({ command, timeout: 60 }, context, world, { signal })).output).toEqual([folder.path]);
    const elsewhere = { command, timeout: 60, directory: other.path };
    expect((await runHook(elsewhere, context, world, { signal })).output).toEqual([other.path]);
  });

  test("is not started where a secret of its environment is missing", async () => {
    await using folder = await temporaryFolder();
    const world = worldIn(folder.path, {
      resolveSecret: async () => {
        throw new Error("no such secret");
      },
      run: async () => {
        throw new Error("it was started");
      },
    });
    const hook: Hook = { command: ["true"], timeout: 1, env: { T: { env: "T" } } };
    const { signal } = new AbortController();
    await expect(runHook(hook, { event: "pre", scope: "run" }, world, { signal })).rejects.toThrow("no such secret");
    expect(await readdir(folder.path)).toEqual([]);
  });
});
