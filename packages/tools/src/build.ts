/** `npm run build`: JavaScript and types of every publishable package into its dist/, and the command's bundle. */
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { bundleCommand } from "./bundle.ts";
import { RunError, run } from "./servers/run.ts";
import { withTempDir } from "./servers/temp-dir.ts";
import { readPackages, type WorkspacePackage, workspaceRoot } from "./workspace.ts";

const commandFolder = "packages/cli";
const packages = (await readPackages()).filter((each) => !each.private);

try {
  await withTempDir(async (emitted) => {
    await emit(emitted);
    for (const each of packages) await fillDist(each, join(emitted, each.folder, "src"));
  });
  const size = await bundleCommand(join(workspaceRoot, commandFolder), sdksOfProviders());
  console.log(`built ${packages.length} packages; the command's bundle has ${Math.round(size / 1024)} KiB`);
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.error(error.output || error.message);
  process.exitCode = 1;
}

/** One program for all packages: a type two packages share is checked once. */
async function emit(target: string): Promise<void> {
  const project = join(workspaceRoot, "packages/tools/tsconfig.build.json");
  const tsc = join(workspaceRoot, "node_modules/.bin/tsc");
  await run(tsc, ["--project", project, "--outDir", target], { cwd: workspaceRoot, timeoutMs: 300_000 });
}

async function fillDist({ folder }: WorkspacePackage, emitted: string): Promise<void> {
  const dist = join(workspaceRoot, folder, "dist");
  await rm(dist, { recursive: true, force: true });
  // The command is bundled: of its own emit only the types are wanted.
  const filter = folder === commandFolder ? (path: string) => !path.endsWith(".js") : () => true;
  await cp(emitted, dist, { recursive: true, filter });
}

/** A provider is loaded when it is used; its vendor's SDK must not be part of the command. */
function sdksOfProviders(): string[] {
  const providers = packages.filter(({ folder }) => folder.startsWith("providers/"));
  const names = providers.flatMap(({ dependencies }) =>
    dependencies.filter((name) => !name.startsWith("@certwright/")),
  );
  return [...new Set(names)];
}
