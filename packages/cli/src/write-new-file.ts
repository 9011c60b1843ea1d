import { link, open, rm } from "node:fs/promises";
import { pathBeside, removeLeftBeside } from "@certwright/core/store";
import { cliError } from "./errors.ts";

/**
 * Writes a file that is not there yet, whole or not at all.
 *
 * @throws CertwrightError `CLI_FILE_EXISTS`
 */
export async function writeNewFile(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = pathBeside(path);
  try {
    await using file = await open(temporary, "wx", mode);
    await file.writeFile(text);
    await file.sync();
    // Unlike a rename, a link never takes the place of a file that is there.
    await link(temporary, path);
    await removeLeftBeside(path);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
    throw cliError("CLI_FILE_EXISTS", `${path} is there already`, {
      hint: "Write to another place with --out, or move it away.",
      cause,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}
