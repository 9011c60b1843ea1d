import type { ConfigFile } from "@certwright/core/config";
import { openSealed, type SealKeys, type StateLocation, type Store, StoreError } from "@certwright/core/store";
import { s3Store } from "@certwright/store-s3";
import type { Surroundings } from "../command.ts";
import { readS3Settings } from "./s3-settings.ts";
import { readSealKeys } from "./seal-keys.ts";

export type StateSettings = ConfigFile["state"];
export type S3Location = Extract<StateLocation, { kind: "s3" }>;

/**
 * State in a bucket. The key is known to fit, or the user to want none, before anything else happens.
 *
 * @throws StoreError `STORE_OPTIONS`, `STORE_SEAL_KEY`, `STORE_WRONG_SEAL_KEY`, `STORE_SECRET_REFUSED`, and what the service brings
 */
export async function openS3State(
  location: S3Location,
  settings: StateSettings | undefined,
  surroundings: Surroundings,
): Promise<Store> {
  const { store, keys } = await openUnsealedS3(location, settings, surroundings);
  return await openSealed(store, keys);
}

/** The bucket as it is, and the keys to what it holds; undefined where the user wants none. */
export async function openUnsealedS3(
  { bucket, prefix }: S3Location,
  settings: StateSettings | undefined,
  surroundings: Surroundings,
): Promise<{ readonly store: Store; readonly keys: SealKeys | undefined }> {
  const { context } = surroundings;
  const keys = await readSealKeys(settings, surroundings);
  const unencrypted = settings?.unencrypted ?? false;
  if (keys === undefined && !unencrypted) throw keyNeeded(`s3://${bucket}`);
  const access = await readS3Settings(settings?.options ?? {}, surroundings);
  if (keys === undefined && !isPrivate(access.endpoint)) {
    throw new StoreError("STORE_OPTIONS", `${access.endpoint} would get private keys in the clear over HTTP`, {
      hint: "Use https:, or encrypt the state.",
    });
  }
  const { fetch, now, random } = context;
  const store = s3Store({ ...access, bucket, prefix, allowPlainSecrets: unencrypted, fetch, now, random });
  return { store, keys };
}

function isPrivate(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

function keyNeeded(place: string): StoreError {
  return new StoreError("STORE_SECRET_REFUSED", `there is no key to encrypt the state in ${place} with`, {
    hint: "Make one with `certwright state key --out state-key`, then set CERTWRIGHT_STATE_KEY_FILE, or state.encryptionKey in the configuration.",
  });
}
