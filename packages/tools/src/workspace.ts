import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Manifest, SourceFile } from "./layers.ts";

/** The checkout's top folder. */
export const workspaceRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** One package of the workspace, with the parsed text of its package.json. */
export interface WorkspacePackage extends Manifest {
  readonly private: boolean;
}

/** Every package under packages/ and providers/, by folder name. */
export async function readPackages(): Promise<WorkspacePackage[]> {
  const packages: WorkspacePackage[] = [];
  for (const parent of ["packages", "providers"]) {
    for (const entry of (await readdir(join(workspaceRoot, parent))).sort()) {
      const text = await readFile(join(workspaceRoot, parent, entry, "package.json"), "utf8").catch(() => undefined);
      if (text === undefined) continue; // what is left of a removed package: only ignored folders
      const { name, private: isPrivate, dependencies, exports } = JSON.parse(text);
      packages.push({
        folder: `${parent}/${entry}`,
        name,
        private: isPrivate === true,
        dependencies: Object.keys(dependencies ?? {}),
        exports: Object.keys(exports ?? {}),
      });
    }
  }
  return packages;
}

/** Every TypeScript file of the packages and of test/. */
export async function readSources(packages: readonly WorkspacePackage[]): Promise<SourceFile[]> {
  const folders = [...packages.map(({ folder }) => `${folder}/src`), "test"];
  const files: SourceFile[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(workspaceRoot, folder), { recursive: true }).catch(() => []);
    for (const entry of entries.sort()) {
      if (!entry.endsWith(".ts")) continue;
      files.push({ path: `${folder}/${entry}`, text: await readFile(join(workspaceRoot, folder, entry), "utf8") });
    }
  }
  return files;
}
