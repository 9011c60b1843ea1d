import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureServers } from "./install.ts";
import { run } from "./run.ts";

const ofThisMachine = "/usr/bin/openssl";

/** Runs the `openssl` command, this machine's or Debian's: what it wrote on standard output and error. */
export async function runOpenssl(args: readonly string[]): Promise<string> {
  if (existsSync(ofThisMachine)) return run(ofThisMachine, args);
  const { dir } = await ensureServers("openssl");
  // No configuration of another version, and no engine of this machine.
  return run(join(dir, "usr/bin/openssl"), args, { env: { PATH: "", OPENSSL_CONF: "/dev/null" } });
}
