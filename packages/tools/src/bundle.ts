import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { workspaceRoot } from "./workspace.ts";

/**
 * Loaded before anything else, so that the cache of compiled code serves the modules that come after it.
 * The cache is the user's own: in Node's default place, the shared temporary folder, another user could plant code.
 */
const starter = `#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "certwright", "compiled"));
await import("./cli.js");
`;

/** Bundled CommonJS code may ask for Node's own modules by `require`. */
const banner = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);`;

/**
 * Commander imports two of Node's modules it hardly uses, and `certwright --help` would pay for them: importing
 * `node:process` opens all three standard streams, `node:child_process` (for commands that are programs of their own,
 * which we have none of) loads half the network.
 */
const lightCommander: Plugin = {
  name: "light-commander",
  setup: ({ onResolve, onLoad }) => {
    const stand = "stand-in";
    onResolve({ filter: /^node:(process|child_process)$/ }, ({ path, importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: stand } : undefined,
    );
    onLoad({ filter: /process$/, namespace: stand }, ({ path }) => ({
      contents:
        path === "node:process"
          ? "export default globalThis.process;"
          : 'export default { spawn: (...args) => process.getBuiltinModule("node:child_process").spawn(...args) };',
    }));
  },
};

/**
 * Of acme-client we use its signatures. What it sends and parses with, axios and a second copy of the X.509 library among
 * it, would be half of the time in which the engine is loaded.
 */
const lightAcmeClient: Plugin = {
  name: "light-acme-client",
  setup: ({ onResolve, onLoad }) => {
    const namespace = "unused-by-signatures";
    onResolve({ filter: /^(?:\.\/axios|asn1js|@peculiar\/x509|debug)$/ }, ({ path, importer }) =>
      /[\\/]acme-client[\\/]src[\\/]/.test(importer) ? { path, namespace } : undefined,
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: unused[path] ?? "" }));
  },
};

/** What acme-client calls of these while it is loaded. */
const unused: Readonly<Record<string, string>> = {
  "@peculiar/x509": "exports.cryptoProvider = { set: () => {} };",
  debug: "module.exports = () => () => {};",
};

/** Commands that come in one file with all they need, since people and shells wait for them. */
const quick = ["list"];

/** Each command is a file of its own, loaded when it runs. */
const commandsApart: Plugin = {
  name: "commands-apart",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\.\/commands\// }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `./commands/${basename(path, ".ts")}.js`, external: true } : undefined,
    );
  },
};

/** Modules that a quick command loads only where it must, out of chunks: state in a bucket, and reading a configuration. */
const later = { "read-config-file": "src/config/read-config-file.ts", "s3-state": "src/state/s3-state.ts" };

/** A quick command's file does without what it loads later. */
const laterApart: Plugin = {
  name: "later-apart",
  setup: ({ onResolve }) => {
    const names = Object.keys(later).join("|");
    onResolve({ filter: new RegExp(`/(?:${names})\\.ts$`) }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: `../later/${basename(path, ".ts")}.js`, external: true } : undefined,
    );
  },
};

/**
 * Bundles the command into `dist/`: `main.js` to start it, `cli.js` with the command line, one file for each command, and
 * chunks that commands share. What the command line itself needs is in one file, though some of it is then in the chunks
 * as well: each further file costs half a millisecond, and `certwright --help` has few to spare.
 *
 * @param folder the command's package folder, with `src/main.ts`, `src/index.ts` and `src/commands/`
 * @param external packages to leave out
 * @returns size of all JavaScript, in bytes
 */
export async function bundleCommand(folder: string, external: readonly string[]): Promise<number> {
  const dist = join(folder, "dist");
  const shared: BuildOptions = {
    absWorkingDir: workspaceRoot,
    outdir: dist,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: [...external],
    banner: { js: banner },
    logLevel: "warning",
  };
  const entries = await commandEntries(join(folder, "src/commands"));
  const cli = await build({
    ...shared,
    entryPoints: { cli: join(folder, "src/main.ts") },
    plugins: [lightCommander, commandsApart],
    metafile: true,
  });
  const alone = await build({
    ...shared,
    entryPoints: pick(entries, (name) => quick.includes(name)),
    plugins: [laterApart],
    metafile: true,
  });
  const commands = await build({
    ...shared,
    entryPoints: {
      index: join(folder, "src/index.ts"),
      ...pick(entries, (name) => !quick.includes(name)),
      ...Object.fromEntries(Object.entries(later).map(([name, file]) => [`later/${name}`, join(folder, file)])),
    },
    chunkNames: "chunks/[name]-[hash]",
    plugins: [lightAcmeClient],
    splitting: true,
    metafile: true,
  });
  await writeFile(join(dist, "main.js"), starter);
  await chmod(join(dist, "main.js"), 0o755);
  const builds = [cli, alone, commands];
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  await writeFile(join(dist, "licenses.txt"), await licenses(inputs));
  const outputs = builds.flatMap(({ metafile }) => Object.values(metafile.outputs));
  return outputs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Source files of the commands by name. */
async function commandEntries(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return new Map(files.map((name) => [basename(name, ".ts"), join(folder, name)]));
}

function pick(entries: ReadonlyMap<string, string>, wanted: (name: string) => boolean): Record<string, string> {
  const some = [...entries].filter(([name]) => wanted(name));
  return Object.fromEntries(some.map(([name, file]) => [`commands/${name}`, file]));
}

/** The licence texts of the packages whose code is in the bundle; most licences ask for that. */
async function licenses(inputs: readonly string[]): Promise<string> {
  const folders = new Set(
    inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []),
  );
  const texts: string[] = [];
  for (const folder of [...folders].sort()) {
    const dir = join(workspaceRoot, folder);
    const { name, version, license } = JSON.parse(await readFile(join(dir, "package.json"), "utf8"));
    const file = (await readdir(dir)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(dir, file), "utf8") : "";
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return texts.join("\n----\n\n");
}
