import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where a root folder keeps its dynamic loader and its shared libraries; differs by architecture and by release. */
export interface Layout {
  readonly loader: string;
  readonly libraries: readonly string[];
}

export async function findLayout(root: string): Promise<Layout> {
  const libraries: string[] = [];
  let loader: string | undefined;
  for (const lib of ["usr/lib", "lib"]) {
    for (const triplet of await readdir(join(root, lib)).catch(() => [])) {
      if (!/^[a-z0-9_]+-linux-gnu/.test(triplet)) continue;
      const dir = join(root, lib, triplet);
      libraries.push(dir);
      const file = (await readdir(dir)).find((entry) => /^ld(-linux.*|64)\.so\.\d$/.test(entry));
      if (file) loader = join(dir, file);
    }
  }
  if (!loader) throw new Error(`no dynamic loader in ${root}`);
  return { loader, libraries };
}

/** The root's `usr/lib/<architecture>`, where packages keep their plug-ins. */
export async function findLibraryFolder(root: string): Promise<string> {
  return join(root, "usr/lib", basename(dirname((await findLayout(root)).loader)));
}
