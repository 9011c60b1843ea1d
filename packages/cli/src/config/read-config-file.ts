import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type Config, ConfigError, readConfig } from "@certwright/core/config";
import { directoryUrlOf } from "../ca-names.ts";
import { cliError } from "../errors.ts";
import { pluginSearch } from "../plugins/search.ts";
import { createProviderKnowledge } from "./provider-lookup.ts";

/** One byte more than the largest file, in bytes, so that a larger one shows. */
const mostRead = 4 * 1024 * 1024 + 1;

/**
 * Reads a configuration file with all it refers to, except secrets.
 *
 * @throws ConfigError `CONFIG_INVALID` with every fault; CertwrightError `CLI_FILE_UNREADABLE`
 */
export async function readConfigFile(file: string): Promise<Config> {
  return await readConfigText(await readBounded(file), file);
}

/** The same for a text that is not in its file yet. */
export async function readConfigText(text: string | Uint8Array, file: string): Promise<Config> {
  const providers = createProviderKnowledge(await pluginSearch(dirname(file)));
  const read = (): Config => readConfig(text, { file, caUrl: directoryUrlOf, providers: providers.lookup });
  try {
    const config = read();
    return (await providers.learn()) ? read() : config;
  } catch (error) {
    // All faults at once: those of providers that had to be loaded first are among them.
    if (error instanceof ConfigError && (await providers.learn())) return read();
    throw error;
  }
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file, "r");
    const buffer = Buffer.alloc(Math.min(mostRead, Math.max(1, (await handle.stat()).size + 1)));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw cliError("CLI_FILE_UNREADABLE", `${file} cannot be read: ${cause.message}`, {
      hint: "Check the path, and that this user may read it. `certwright init` writes a first one.",
      cause,
    });
  }
}
