import type { SecretRef } from "@certwright/core";
import { type SealKeys, sealKey } from "@certwright/core/store";
import type { Surroundings } from "../command.ts";
import { readSecret } from "../secret-ref.ts";
import { refFromEnv } from "./from-env.ts";
import type { StateSettings } from "./s3-state.ts";

/**
 * The keys of the state: those of the configuration, else those of the environment; undefined where there is none.
 *
 * @throws StoreError `STORE_SEAL_KEY`; CertwrightError `CONFIG_SECRET_...`
 */
export async function readSealKeys(
  settings: StateSettings | undefined,
  surroundings: Surroundings,
): Promise<SealKeys | undefined> {
  if (settings?.unencrypted) return undefined;
  const { context, secrets } = surroundings;
  const read = async (ref: SecretRef): Promise<string> => await readSecret(ref, surroundings);
  const current = settings?.encryptionKey ?? refFromEnv("CERTWRIGHT_STATE_KEY", context);
  if (current === undefined) return undefined;
  const listed = refFromEnv("CERTWRIGHT_STATE_FORMER_KEYS", context);
  const former = settings?.formerKeys ?? (listed === undefined ? [] : [listed]);
  const texts = await Promise.all([...former.map(read)]);
  const previous = texts.flatMap((text) => text.split(/\s+/).filter((key) => key !== ""));
  // Each is a secret of its own where several came in one text.
  for (const key of previous) secrets.add(key);
  return { current: sealKey(await read(current)), previous: previous.map(sealKey) };
}
