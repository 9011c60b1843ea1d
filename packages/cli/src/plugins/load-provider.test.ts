import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadProvider, type PluginSearch } from "./load-provider.ts";
import type { RegistryEntry } from "./registry-entry.ts";

const entry: RegistryEntry = {
  id: "cloudflare",
  name: "Cloudflare",
  aliases: ["cf"],
  package: "@certwright/dns-cloudflare",
  included: false,
  website: "https://www.cloudflare.test",
  docs: "https://developers.cloudflare.test",
  permissions: "DNS edit",
  tested: { by: "contract", against: "its documentation", on: "2026-11-01" },
  options: [],
};

let root: string;
let search: PluginSearch;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "certwright-plugins-"));
  search = { cwd: join(root, "project"), home: join(root, "lib/node_modules/certwright/dist"), registry: [entry] };
  await mkdir(search.cwd, { recursive: true });
  await mkdir(search.home, { recursive: true });
});

afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const source = (id: string, apiVersion: unknown = 1) =>
  `export default { id: ${JSON.stringify(id)}, apiVersion: ${JSON.stringify(apiVersion)}, options: {}, create: () => ({}) };`;

async function install(where: string, name: string, manifest: object, files: Readonly<Record<string, string>>) {
  const directory = join(where, "node_modules", name);
  await write(join(directory, "package.json"), JSON.stringify({ name, version: "1.0.0", type: "module", ...manifest }));
  for (const [file, text] of Object.entries(files)) await write(join(directory, file), text);
  return directory;
}

const refused = (code: string, message: RegExp, hint: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message), hint: expect.stringMatching(hint) });

describe("loadProvider", () => {
  it("loads a file relative to the directory, absolute, by URL, and in TypeScript", async () => {
    const path = await write(
      join(search.cwd, "mine.ts"),
      `const id: string = "mine";\n${source("x").replace('"x"', "id")}`,
    );
    for (const name of ["./mine.ts", "../project/mine.ts", path, `file://${path}`]) {
      expect((await loadProvider(name, search)).id, name).toBe("mine");
    }
  });

  it.each([
    ["a string", { exports: "./e.js" }],
    ["a subpath", { exports: { ".": "./e.js", "./other": "./no.js" } }],
    ["conditions in order", { exports: { require: "./no.cjs", node: { import: "./e.js" }, default: "./no.js" } }],
    ["import alone", { exports: { ".": { types: "./e.d.ts", import: "./e.js" } } }],
    ["a list of fallbacks", { exports: [{ browser: "./no.js" }, "./e.js"] }],
    ["main", { main: "e.js" }],
  ])("finds a package's module where exports is %s", async (_how, manifest) => {
    await install(search.cwd, "certwright-dns-acme", manifest, { "e.js": source("found") });
    expect((await loadProvider("acme", search)).id).toBe("found");
  });

  it("reads every way of naming a third party's package", async () => {
    await install(search.cwd, "certwright-dns-acme", {}, { "index.js": source("plain") });
    await install(search.cwd, "@corp/certwright-dns-acme", {}, { "index.js": source("scoped") });
    await install(search.cwd, "odd-name", {}, { "index.js": source("odd") });
    expect((await loadProvider("certwright-dns-acme", search)).id).toBe("plain");
    expect((await loadProvider("@corp/acme", search)).id).toBe("scoped");
    expect((await loadProvider("@corp/certwright-dns-acme", search)).id).toBe("scoped");
    expect((await loadProvider("npm:odd-name", search)).id).toBe("odd");
  });

  it("looks in parent directories, beside the program, and through links", async () => {
    await install(root, "certwright-dns-above", {}, { "index.js": source("above") });
    await install(join(root, "lib"), "certwright-dns-beside", {}, { "index.js": source("beside") });
    const real = await install(join(root, "elsewhere"), "x", {}, { "index.js": source("linked") });
    await mkdir(join(search.cwd, "node_modules"));
    await symlink(real, join(search.cwd, "node_modules/certwright-dns-linked"));
    expect((await loadProvider("above", search)).id).toBe("above");
    expect((await loadProvider("beside", search)).id).toBe("beside");
    expect((await loadProvider("linked", search)).id).toBe("linked");
  });

  it("takes our own from beside the program first, a stranger's from the project first", async () => {
    await install(join(root, "lib"), entry.package, {}, { "index.js": source("ours") });
    await install(search.cwd, entry.package, {}, { "index.js": source("planted") });
    await install(join(root, "lib"), "certwright-dns-acme", {}, { "index.js": source("global") });
    await install(search.cwd, "certwright-dns-acme", {}, { "index.js": source("project") });
    for (const name of ["cloudflare", "cf", "CloudFlare", entry.package]) {
      expect((await loadProvider(name, search)).id).toBe("ours");
    }
    expect((await loadProvider("acme", search)).id).toBe("project");
  });

  it("takes CommonJS made from TypeScript", async () => {
    const text = "exports.default = { id: 'cjs', apiVersion: 1, create() {} };";
    await install(search.cwd, "certwright-dns-cjs", { type: "commonjs" }, { "index.js": text });
    expect((await loadProvider("cjs", search)).id).toBe("cjs");
  });

  it("prints the install command for one of ours that is not there", async () => {
    await expect(loadProvider("cf", search)).rejects.toEqual(
      refused(
        "PLUGIN_NOT_INSTALLED",
        /Cloudflare is not installed/,
        /npm install --global @certwright\/dns-cloudflare$/,
      ),
    );
    const local = { ...search, home: join(search.cwd, "node_modules/certwright/dist") };
    await expect(loadProvider("cf", local)).rejects.toEqual(
      refused("PLUGIN_NOT_INSTALLED", /Cloudflare/, /npm install @certwright\/dns-cloudflare$/),
    );
  });

  it("says what was meant", async () => {
    await expect(loadProvider("cloudflair", search)).rejects.toEqual(
      refused(
        "PLUGIN_UNKNOWN",
        /"cloudflair"/,
        /Did you mean cloudflare\?.*npm install --global certwright-dns-cloudflair/,
      ),
    );
    await expect(loadProvider("hetzner", search)).rejects.toEqual(
      refused("PLUGIN_UNKNOWN", /"hetzner"/, /certwright dns providers/),
    );
  });

  it.each(["..", "npm:../../etc", "npm:a/b/c", "npm:@x", "npm:A b", "a/../../b", "npm:", "@/x"])(
    "never lets the name %j lead out of node_modules",
    async (name) => {
      await write(join(root, "etc/index.js"), source("evil"));
      await write(join(root, "etc/package.json"), "{}");
      await expect(loadProvider(name, search)).rejects.toEqual(refused("PLUGIN_UNKNOWN", /no DNS provider/, /./));
    },
  );

  it("says what is wrong with a module", async () => {
    await write(join(search.cwd, "broken.js"), "export default {");
    await write(join(search.cwd, "needs.mjs"), 'import "not-installed-anywhere"; export default {};');
    await write(join(search.cwd, "other.mjs"), "export default { hello: 1 }; export const id = 'x';");
    await write(join(search.cwd, "old.mjs"), source("old", 0));
    await expect(loadProvider("./missing.js", search)).rejects.toEqual(
      refused("PLUGIN_LOAD", /missing/, /Does the file exist/),
    );
    await expect(loadProvider("./broken.js", search)).rejects.toEqual(
      refused("PLUGIN_LOAD", /cannot be loaded/, /broken\.js/),
    );
    await expect(loadProvider("./needs.mjs", search)).rejects.toEqual(
      refused("PLUGIN_LOAD", /not-installed-anywhere/, /installed/),
    );
    await expect(loadProvider("./other.mjs", search)).rejects.toEqual(
      refused("PLUGIN_INVALID", /defineProvider/, /export default/),
    );
    await expect(loadProvider("./old.mjs", search)).rejects.toEqual(
      refused("PLUGIN_API_VERSION", /version 0 .* version 1/, /Install/),
    );
  });

  it("takes no directory without a readable package.json for a package", async () => {
    await write(join(search.cwd, "node_modules/certwright-dns-acme/package.json"), "not json");
    await expect(loadProvider("acme", search)).rejects.toEqual(refused("PLUGIN_UNKNOWN", /"acme"/, /npm install/));
  });
});
