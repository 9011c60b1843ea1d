import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, mkdtempDisposable, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startPebble } from "@certwright/tools/servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runMain } from "./cli-process.ts";

/* What is published, built once: nothing else may read or write `dist` meanwhile. */

const root = fileURLToPath(new URL("..", import.meta.url));
const exec = promisify(execFile);
const run = (...args: string[]) => exec(process.execPath, args, { cwd: root });

beforeAll(async () => {
  await run("packages/tools/src/build.ts");
});

test("every publishable package has the files its published manifest names", async () => {
  for (const folder of await publishable()) {
    const { main, exports } = (await manifest(folder)).publishConfig;
    const files = [main, ...Object.values(exports["."] as Record<string, string>)].filter(Boolean);
    expect(
      files.filter((file) => !existsSync(join(root, folder, file))),
      folder,
    ).toEqual([]);
  }
});

test("no test and no TypeScript source is in what is published", async () => {
  for (const folder of await publishable()) {
    const files = await readdir(join(root, folder, "dist"), { recursive: true });
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  }
});

test("the built command runs", async () => {
  const { version } = await manifest("packages/cli");
  expect((await run("packages/cli/dist/main.js", "--version")).stdout.trim()).toBe(version);
  expect((await run("packages/cli/dist/main.js", "--help")).stdout).toContain("Usage: certwright");
});

test("the built command lists what is in a directory without what a bucket needs, and has that, too", async () => {
  const list = await readFile(join(root, "packages/cli/dist/commands/list.js"), "utf8");
  expect(list).not.toContain("AWS4-HMAC-SHA256");
  expect(list).toContain("../later/s3-state.js");
  await using state = await mkdtempDisposable(join(tmpdir(), "certwright-"));
  const at = (place: string) => run("packages/cli/dist/main.js", "list", "--state", place);
  expect((await at(state.path)).stdout).toContain("no certificates yet");
  await expect(at("s3://acme-state/prod")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("certwright state key"),
  });
});

test("help and a list load only their own files: the engine and the network would cost many times as much", async () => {
  expect(await loaded("--help")).toEqual(["cli.js", "main.js"]);
  expect(await loaded("issue", "--help")).toEqual(["cli.js", "main.js"]);
  expect(await loaded("list", "--state", "nowhere")).toEqual(["cli.js", "commands/list.js", "main.js"]);
});

test("the engine of the built command signs, and has nothing of acme-client that only sends", async () => {
  const chunks = join(root, "packages/cli/dist/chunks");
  const code = await Promise.all((await readdir(chunks)).map((file) => readFile(join(chunks, file), "utf8")));
  const engine = code.filter((text) => text.includes("createSignedBody"));
  expect(engine).toHaveLength(1);
  expect(engine.join("")).not.toMatch(/axios(?:@[^/]*)?\/(?:dist|lib)/);
  await using state = await mkdtempDisposable(join(tmpdir(), "certwright-"));
  await using ca = await startPebble({ dnsServer: "127.0.0.1:9" });
  const account = ["account", "create", "--server", ca.directoryUrl, "--ca-file", ca.caFile, "--accept-tos"];
  const { stdout } = await run("packages/cli/dist/main.js", ...account, "--state", state.path, "--json");
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ ok: true });
});

/** The files of a provider as docs/guide/write-a-provider.md shows them, in this order. */
const shownFiles = ["package.json", "index.js", "index.test.js"];

describe("a provider installed from a tarball", () => {
  let home = "";

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "certwright-plugin-"));
    const plugin = join(home, "plugin");
    await mkdir(plugin);
    const guide = await readFile(join(root, "docs/guide/write-a-provider.md"), "utf8");
    const shown = [...guide.matchAll(/^```(?:json|js)\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);
    expect(shown).toHaveLength(shownFiles.length);
    for (const [index, file] of shownFiles.entries()) await writeFile(join(plugin, file), shown[index] ?? "");
    for (const folder of ["packages/provider", "packages/provider-test"]) {
      await exec("npx", ["-y", "pnpm@12.21.0", "pack", "--pack-destination", home], { cwd: join(root, folder) });
    }
    await exec("npm", ["pack", "--pack-destination", home], { cwd: plugin });
    const tarballs = (await readdir(home)).filter((file) => file.endsWith(".tgz")).map((file) => `./${file}`);
    expect(tarballs).toHaveLength(3);
    await writeFile(join(home, "package.json"), JSON.stringify({ name: "site", private: true }));
    await exec("npm", ["install", "--offline", "--no-audit", "--no-fund", ...tarballs], { cwd: home });
  });

  afterAll(() => rm(home, { recursive: true, force: true }));

  test("works by its short name", async () => {
    const records: unknown[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const known = request.headers.authorization === "Bearer s3cret-token";
        if (request.method === "POST") records.push(request.url, JSON.parse(Buffer.concat(chunks).toString()));
        const body = { id: "7", zones: [{ id: "1", name: "example.test" }], records: [] };
        response.writeHead(known ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const args = ["dns", "set", "_acme-challenge.example.test", "value", "--dns", "myhost"];
      const how = ["--endpoint", `http://127.0.0.1:${port}`, "--no-follow-alias", "--propagation", "off", "--debug"];
      const ended = await runMain(
        [...args, ...how],
        { PATH: process.env.PATH ?? "", HOME: home, MYHOST_TOKEN: "s3cret-token" },
        home,
        undefined,
      );
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const record = { type: "TXT", name: "_acme-challenge", content: "value", ttl: 60 };
      expect(records).toEqual(["/zones/1/records", record]);
      expect(ended.stdout + ended.stderr).toContain(`POST http://127.0.0.1:${port}/zones/1/records 200`);
      expect(ended.stdout + ended.stderr).not.toContain("s3cret-token");
    } finally {
      server.close();
    }
  });

  test("passes its own run of the kit, with the runner of its choice", async () => {
    const { stdout } = await exec(process.execPath, ["--test"], { cwd: join(home, "plugin") });
    expect(stdout).toMatch(/# fail 0|ℹ fail 0/);
    expect(Number(/(?:#|ℹ) pass (\d+)/.exec(stdout)?.[1])).toBe(46);
  });
});

/** What of the bundle a command line loads, Node's own modules that bring the network among it. */
async function loaded(...args: readonly string[]): Promise<readonly string[]> {
  await using dir = await mkdtempDisposable(join(tmpdir(), "certwright-"));
  const list = join(dir.path, "loaded.json");
  const hook = `
    const seen = [];
    require("node:module").registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
    process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(seen)));`;
  const hookFile = join(dir.path, "hook.cjs");
  await writeFile(hookFile, hook);
  await run("--require", hookFile, "packages/cli/dist/main.js", ...args);
  const dist = pathToFileURL(join(root, "packages/cli/dist/")).href;
  const urls: readonly string[] = JSON.parse(await readFile(list, "utf8"));
  const light = /^node:(?:events|fs|fs\/promises|module|os|path|util)$/;
  return [...new Set(urls.filter((url) => !light.test(url)).map((url) => url.replace(dist, "")))].sort();
}

async function publishable(): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of ["packages", "providers"]) {
    for (const name of await readdir(join(root, parent))) {
      const folder = `${parent}/${name}`;
      if (existsSync(join(root, folder, "package.json")) && !(await manifest(folder)).private) folders.push(folder);
    }
  }
  return folders;
}

async function manifest(folder: string) {
  return JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
}
