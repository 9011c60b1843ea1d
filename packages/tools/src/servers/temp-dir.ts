import { constants } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder only its owner may enter. Names stay short: a unix socket's path must fit in 107 bytes. */
export function makeTempDir(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `cw-${name}-`));
}

/**
 * The same in memory, where the system has such a place: for a server that flushes every change to disk and answers nobody
 * meanwhile. On a busy disk that takes longer than those who ask are patient.
 */
export async function makeMemoryDir(name: string): Promise<string> {
  const memory = "/dev/shm";
  const isThere = await access(memory, constants.W_OK).then(
    () => true,
    () => false,
  );
  return isThere ? await mkdtemp(join(memory, `cw-${name}-`)) : await makeTempDir(name);
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
