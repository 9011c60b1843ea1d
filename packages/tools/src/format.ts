/** `npm run format [-- paths]`: formats, sorts imports and applies the safe fixes of the linter. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { workspaceRoot } from "./workspace.ts";

const paths = process.argv.slice(2);
const args = ["check", "--write", ...(paths.length > 0 ? paths : ["."])];
const done = spawnSync(join(workspaceRoot, "node_modules/.bin/biome"), args, { cwd: workspaceRoot, stdio: "inherit" });
process.exitCode = done.status ?? 1;
