import { resolve } from "node:path";
import { createSecretSources } from "@certwright/core/config";
import { StoreError } from "@certwright/core/store";
import type { CredentialWorld } from "@certwright/store-s3";
import type { Surroundings } from "../command.ts";
import { readSecret } from "../secret-ref.ts";

/** This machine, as looking for credentials needs it. */
export function credentialWorld(surroundings: Surroundings, region: string): CredentialWorld {
  const { env, cwd, home, uid, stopper, fetch, random } = surroundings.context;
  // No warnings: the tokens that Kubernetes lays into containers may be read by all who are in there.
  const passing = { ...surroundings.secrets, add: surroundings.secrets.addPassing };
  const files = createSecretSources({ env, signal: stopper.signal, warn: () => {} });
  return {
    ...{ env, home, region, fetch, random },
    readFile: async (path, limit) => {
      try {
        const { bytes, mode = 0, uid: owner } = await files.readFile(resolve(cwd, path), limit);
        const isOurs = uid === undefined || owner === uid || owner === 0;
        return { bytes, trusted: isOurs && (mode & 0o002) === 0 };
      } catch (error) {
        const code = error instanceof Error && "code" in error ? String(error.code) : "";
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        throw new StoreError("STORE_OPTIONS", `${path} cannot be read${code === "" ? "" : ` (${code})`}`, {
          hint: "Credentials are looked for in it: it must be a file that the user running certwright may read.",
          cause: error,
        });
      }
    },
    run: (argv) => readSecret({ command: argv }, { ...surroundings, secrets: passing }),
    secret: passing.add,
  };
}
