import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runMain } from "./cli-process.ts";

const root = resolve(import.meta.dirname, "..");
const exec = promisify(execFile);
let home = "";

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

beforeAll(async () => {
  await exec(process.execPath, ["packages/tools/src/build.ts"], { cwd: root });
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

test("a provider installed from a tarball works by its short name", async () => {
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

test("its own run of the kit passes, with the runner of its choice", async () => {
  const { stdout } = await exec(process.execPath, ["--test", "index.test.js"], {
    cwd: join(home, "node_modules/certwright-dns-outside"),
  });
  expect(stdout).toMatch(/# fail 0|ℹ fail 0/);
  expect(Number(/(?:#|ℹ) pass (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(40);
});
