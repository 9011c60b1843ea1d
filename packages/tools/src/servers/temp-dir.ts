import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder only its owner may enter. Names stay short: a unix socket's path must fit in 107 bytes. */
export function makeTempDir(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `cw-${name}-`));
}

/** Runs `use` with a new folder and removes the folder afterwards, whatever happened. */
export async function withTempDir<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await makeTempDir("tmp");
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
