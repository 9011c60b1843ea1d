import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CliContext } from "../context.ts";
import { cliError } from "../errors.ts";

/** What the file is called where nobody names it. */
export const usualName = "certwright.yaml";
/** Where the file of a whole machine is. */
export const systemFile = `/etc/certwright/${usualName}`;

/**
 * The configuration to use: the one named, else that of the working directory, else the machine's; undefined where there
 * is none. A file names programs to run, so one that was only come across must belong to this user or to root.
 *
 * @param named by `--config` or its environment variable
 * @throws CertwrightError `CLI_CONFIG_FOREIGN`
 */
export async function findConfigFile(
  named: string | undefined,
  { cwd, uid }: Pick<CliContext, "cwd" | "uid">,
): Promise<string | undefined> {
  if (named !== undefined) return resolve(cwd, named);
  for (const path of [join(cwd, usualName), systemFile]) {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const isOurs = uid === undefined || stats.uid === uid || stats.uid === 0;
    if (isOurs && (stats.mode & 0o002) === 0) return path;
    throw cliError(
      "CLI_CONFIG_FOREIGN",
      `${path} ${isOurs ? "can be changed by every user" : "belongs to another user"}, and would be used unasked`,
      { hint: `If it is to be trusted, say so: --config ${path}. It may name programs, which run as this user.` },
    );
  }
  return undefined;
}
