import { StoreError } from "@certwright/core/store";
import { containerRole } from "./container.ts";
import type { CredentialWorld, Found, S3Credentials } from "./credentials.ts";
import { instanceRole } from "./instance.ts";
import { sharedProfile } from "./profile.ts";
import { webIdentityFromEnv } from "./web-identity.ts";

/** In the order of AWS's SDKs; the last one is asked over the network, and only where nothing else is there. */
const places: readonly ((world: CredentialWorld) => Promise<Found>)[] = [
  webIdentityFromEnv,
  sharedProfile,
  containerRole,
  instanceRole,
];

/**
 * The credentials this machine has, where nobody gave keys. A place that is named and has none is an error; no other is
 * looked at then.
 *
 * @param before what was looked for already, for the error
 * @throws StoreError `STORE_OPTIONS` with all that was looked for; what each place brings
 */
export async function findCredentials(world: CredentialWorld, before: readonly string[] = []): Promise<S3Credentials> {
  const lookedFor = [...before];
  for (const place of places) {
    const found = await place(world);
    if ("credentials" in found) return found.credentials;
    lookedFor.push(found.lookedFor);
  }
  throw new StoreError("STORE_OPTIONS", `there are no credentials for S3: looked for ${lookedFor.join("; ")}`, {
    hint: "Set one of these, or accessKeyId and secretAccessKey in state.options of the configuration.",
  });
}
