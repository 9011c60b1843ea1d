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

/** A provider as somebody else would write it from docs/guide/write-a-provider.md, in JavaScript. */
const source = `import { defineProvider, path, quote, unquote } from "@certwright/provider";
export default defineProvider({
  id: "outside",
  name: "Outside",
  website: "https://outside.example",
  docs: "https://outside.example/docs",
  endpoint: "https://api.outside.example",
  options: { token: { description: "API token", env: ["OUTSIDE_TOKEN"], secret: true } },
  traits: { granularity: "recordSet", minTtl: 60 },
  permissions: "A token that may edit TXT records.",
  tested: { by: "contract", against: "https://outside.example/docs", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    return {
      async zones() {
        return (await api.get("/zones")).list("zones").map((zone) => zone.text());
      },
      async get({ zone, name }) {
        const set = await api.get(path\`/zones/\${zone.name}/\${name}\`, { absent: { values: [] } });
        return set.list("values").map((value) => unquote(value.text()));
      },
      async set({ zone, name, ttl }, values) {
        await api.put(path\`/zones/\${zone.name}/\${name}\`, { ttl, values: values.map(quote) });
      },
    };
  },
});
`;

const kit = `import { test } from "node:test";
import { conformance, quoted, unquoted } from "@certwright/provider-test";
import provider from "./index.js";
conformance(provider, {
  test,
  api: {
    auth: ({ bearer }, { token }) => bearer === token,
    routes: {
      "GET /zones": (_request, dns) => ({ zones: dns.zones.map(({ name }) => name) }),
      "GET /zones/:zone/:name": ({ params }, dns) => ({
        values: dns.zone(params.zone).list({ name: params.name, type: "TXT" }).map(({ value }) => quoted(value)),
      }),
      "PUT /zones/:zone/:name": ({ params, json }, dns) => {
        dns.zone(params.zone).replace({ name: params.name }, json.values.map(unquoted), json.ttl);
        return {};
      },
    },
  },
});
`;

describe("a provider installed from a tarball", () => {
  let home = "";

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "certwright-plugin-"));
    const plugin = join(home, "plugin");
    await mkdir(plugin);
    const manifest = {
      name: "certwright-dns-outside",
      version: "1.0.0",
      type: "module",
      exports: "./index.js",
      dependencies: { "@certwright/provider": "^0.1.0" },
      devDependencies: { "@certwright/provider-test": "^0.1.0" },
    };
    await writeFile(join(plugin, "package.json"), JSON.stringify(manifest));
    await writeFile(join(plugin, "index.js"), source);
    await writeFile(join(plugin, "index.test.js"), kit);
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
    const sets = new Map<string, string>();
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const known = request.headers.authorization === "Bearer s3cret-token";
        if (request.method === "PUT") sets.set(request.url ?? "", Buffer.concat(chunks).toString());
        const body = request.url === "/zones" ? { zones: ["example.test"] } : { values: [] };
        response.writeHead(known ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const args = ["dns", "set", "_acme-challenge.example.test", "value", "--dns", "outside"];
      const how = ["--endpoint", `http://127.0.0.1:${port}`, "--no-follow-alias", "--propagation", "off"];
      const ended = await runMain(
        [...args, ...how],
        { PATH: process.env.PATH ?? "", HOME: home, OUTSIDE_TOKEN: "s3cret-token" },
        home,
        undefined,
      );
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect([...sets]).toEqual([["/zones/example.test/_acme-challenge", expect.stringContaining('\\"value\\"')]]);
      expect(ended.stdout + ended.stderr).not.toContain("s3cret-token");
    } finally {
      server.close();
    }
  });

  test("passes its own run of the kit, with the runner of its choice", async () => {
    const { stdout } = await exec(process.execPath, ["--test", "index.test.js"], {
      cwd: join(home, "node_modules/certwright-dns-outside"),
    });
    expect(stdout).toMatch(/# fail 0|ℹ fail 0/);
    expect(Number(/(?:#|ℹ) pass (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(40);
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
