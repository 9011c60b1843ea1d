import { open } from "node:fs/promises";
import { cleanEnvironment } from "../hooks/environment.ts";
import { runProgram } from "../hooks/run-program.ts";
import { largestSecret, type SecretFile, type SecretSources } from "./resolve-secret.ts";

/** Milliseconds a program has to print a secret. */
const commandTimeout = 30_000;

/** Where secrets come from on a real machine: this environment, files, and programs in a clean environment. */
export function createSecretSources(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly warn: SecretSources["warn"];
}): SecretSources {
  const { env, signal, warn } = options;
  return {
    env,
    warn,
    readFile,
    run: async (argv) => {
      const limits = { timeoutMs: commandTimeout, keepBytes: largestSecret, signal };
      const { exitCode, stdout, stderr, dropped } = await runProgram(argv, { env: cleanEnvironment(env), ...limits });
      return { exitCode, stdout, stderr: stderr.toString("utf8"), dropped: dropped.stdout };
    },
  };
}

/** Reads no further than the limit, since what the name leads to may have no end. */
async function readFile(path: string, limit: number): Promise<SecretFile> {
  const file = await open(path, "r");
  try {
    const { mode, uid } = await file.stat();
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return { bytes: buffer.subarray(0, length), mode, uid };
  } finally {
    await file.close();
  }
}
