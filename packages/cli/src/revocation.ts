import {
  type AcmeClient,
  accountIdOf,
  type CaAccess,
  type CaSpec,
  type CertificateInfo,
  connectCa,
  openCa,
  readKey,
  revokeCertificate,
  type World,
} from "@certwright/core";
import {
  eachCertificate,
  readAccount,
  type Store,
  type StoredCertificate,
  updateCertificateMeta,
} from "@certwright/core/store";
import { isCertwrightError } from "@certwright/provider/errors";
import { cliError } from "./errors.ts";

/** How and why to revoke. */
export type RevokeOptions = Omit<Parameters<typeof revokeCertificate>[2] & object, "certificateKey">;

/** A CA as a revocation reaches it. */
export interface RevokingCa {
  readonly ca: CaSpec;
  readonly access: CaAccess;
  readonly store: Store;
  readonly world: World;
}

/**
 * Revokes a stored certificate: by the account that obtained it, or else by the certificate's own key. Never makes an account.
 *
 * @returns false where it was revoked before
 * @throws CertwrightError `CLI_ACCOUNT_UNKNOWN` where neither is here
 */
export async function revokeStored(
  { meta, keyPem }: StoredCertificate,
  leaf: CertificateInfo,
  at: RevokingCa,
  options: RevokeOptions,
): Promise<boolean> {
  const account = await readAccount(at.store, accountIdOf(at.ca));
  if (account?.record?.url === meta.accountUrl) {
    try {
      return await revokeBy(await openCa(at.ca, at.access, at.store, at.world), leaf, options);
    } catch (error) {
      // An account that was ended can do nothing; the certificate's key still can.
      const mayTryKey = keyPem !== undefined && isCertwrightError(error) && accountCodes.has(error.code);
      if (!mayTryKey) throw error;
    }
  }
  if (keyPem !== undefined) return await revokeByKey(keyPem, leaf, at, options);
  throw cliError("CLI_ACCOUNT_UNKNOWN", `neither the account that obtained ${meta.name} nor its key is in the store`, {
    hint: "Import the account's key (certwright account import), or give the certificate's own: --cert and --key.",
  });
}

const accountCodes: ReadonlySet<string> = new Set([
  "ACME_UNAUTHORIZED",
  "ACME_ACCOUNT_DEACTIVATED",
  "ACME_ACCOUNT_DOES_NOT_EXIST",
]);

/** Revokes by the certificate's own key; no account is needed. */
export async function revokeByKey(
  keyPem: string,
  leaf: CertificateInfo,
  { ca, access, store, world }: RevokingCa,
  options: RevokeOptions,
): Promise<boolean> {
  const certificateKey = readKey(keyPem, "private key of the certificate");
  return await revokeBy(connectCa(ca, access, keyPem, world, store), leaf, { ...options, certificateKey });
}

/** Revokes, and ends the connection. */
export async function revokeBy(
  client: AcmeClient,
  leaf: CertificateInfo,
  options: Parameters<typeof revokeCertificate>[2],
): Promise<boolean> {
  try {
    return await revokeCertificate(client, leaf, options);
  } finally {
    client.close();
  }
}

/** Remembers the revocation where this very certificate is a current one of the store. Returns its name. */
export async function rememberRevoked(
  store: Store,
  fingerprint256: string,
  revoked: { readonly at: number; readonly reason: string },
): Promise<string | undefined> {
  for await (const listed of eachCertificate(store)) {
    if (!("meta" in listed) || listed.meta.fingerprint256 !== fingerprint256) continue;
    await updateCertificateMeta(store, listed.name, (meta) =>
      meta.fingerprint256 === fingerprint256 && isGraver(revoked.reason, meta.revoked?.reason)
        ? { ...meta, revoked }
        : meta,
    );
    return listed.name;
  }
  return undefined;
}

/** That a key is known to others is remembered whatever was said first: the key must not be certified again. */
function isGraver(reason: string, before: string | undefined): boolean {
  return before === undefined || (reason === "keyCompromise" && before !== reason);
}
