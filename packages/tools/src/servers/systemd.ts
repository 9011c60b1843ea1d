import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureServers } from "./install.ts";
import { findLibraryFolder } from "./layout.ts";
import { RunError, run } from "./run.ts";

const ofThisMachine = "/usr/bin/systemd-analyze";

/** Has systemd itself read all units of a folder, this machine's or Debian's: what it says of them, empty where all is well. */
export async function verifyUnits(dir: string): Promise<string> {
  const units = (await readdir(dir)).filter((name) => /\.(?:service|timer|socket)$/.test(name));
  const args = ["verify", "--man=no", ...units.map((name) => join(dir, name))];
  const { command, env } = existsSync(ofThisMachine) ? { command: [ofThisMachine], env: {} } : await ofDebian(dir);
  const [program = "", ...before] = command;
  try {
    // It says what is odd but not wrong, such as a misspelt key, and succeeds.
    return (await run(program, [...before, ...args], { env: { ...process.env, ...env } })).trim();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return error.output.trim() || error.message;
  }
}

/** Run through the root's own loader: its private library is where no rewritten path of the program leads. */
async function ofDebian(units: string): Promise<{ command: readonly string[]; env: Record<string, string> }> {
  const { dir, loader } = await ensureServers("systemd");
  const [program = "", option = "", libraries = ""] = loader;
  const own = join(await findLibraryFolder(dir), "systemd");
  return {
    command: [program, option, `${libraries}:${own}`, join(dir, "usr/bin/systemd-analyze")],
    // Targets and slices that ours refer to.
    env: { SYSTEMD_UNIT_PATH: `${units}:${join(dir, "lib/systemd/system")}` },
  };
}
