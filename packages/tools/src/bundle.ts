import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
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
 * Bundles the command into `dist/`: `main.js` to start it, and chunks that are loaded when a command needs them.
 *
 * @param folder the command's package folder, with `src/main.ts` and `src/index.ts`
 * @param external packages to leave out
 * @returns size of all JavaScript, in bytes
 */
export async function bundleCommand(folder: string, external: readonly string[]): Promise<number> {
  const dist = join(folder, "dist");
  const { metafile } = await build({
    absWorkingDir: workspaceRoot,
    entryPoints: { cli: join(folder, "src/main.ts"), index: join(folder, "src/index.ts") },
    outdir: dist,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    external: [...external],
    banner: { js: banner },
    metafile: true,
    logLevel: "warning",
  });
  await writeFile(join(dist, "main.js"), starter);
  await chmod(join(dist, "main.js"), 0o755);
  await writeFile(join(dist, "licenses.txt"), await licenses(Object.keys(metafile.inputs)));
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
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
