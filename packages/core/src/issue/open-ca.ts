import { createAccount, findAccount } from "../acme/account.ts";
import { type AcmeClient, createAcmeClient } from "../acme/client.ts";
import type { CachedDirectory, DirectoryCache } from "../acme/directory-source.ts";
import { generateKey, keyToPem, readKey } from "../acme/keys.ts";
import type { CaSpec } from "../spec.ts";
import { type AccountId, caName, readAccount, saveAccountKey, saveAccountRecord } from "../store/accounts.ts";
import type { Store } from "../store/store.ts";
import { hasCode } from "../store/store-error.ts";
import type { World } from "../world.ts";

/** What reaching a CA needs besides its entry in the configuration: contents of what that entry refers to. */
export interface CaAccess {
  /** Roots to trust for the CA's HTTPS, in PEM. */
  readonly caPem?: string;
  /** The MAC key of the external account binding. */
  readonly hmacKey?: string;
  /** The person agreed to the CA's terms of service. Needed once, when the account is made. */
  readonly acceptTerms: boolean;
  /** A key that exists already, for an account made elsewhere. */
  readonly accountKeyPem?: string;
  readonly userAgent: string;
  /** `HTTPS_PROXY` and `NO_PROXY` of the environment. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the account used at a CA: the stored one, the one the CA knows by its key, or a new one. The key is stored
 * before the CA hears of it, so no run ever makes a second account because the first answer was lost.
 */
export async function openCa(ca: CaSpec, access: CaAccess, store: Store, world: World): Promise<AcmeClient> {
  const id: AccountId = { directoryUrl: ca.directoryUrl, ...(ca.email === undefined ? {} : { email: ca.email }) };
  const stored = (await readAccount(store, id)) ?? (await storeNewKey(store, id, access));
  const client = createAcmeClient({
    directoryUrl: ca.directoryUrl,
    accountKey: readKey(stored.keyPem, "account key"),
    userAgent: access.userAgent,
    cache: directoryCache(store, ca.directoryUrl),
    time: world,
    onRequest: (request) => world.emit({ type: "acme.request", ...request }),
    onWait: (wait) => world.emit({ type: "acme.waiting", ...wait }),
    ...(access.caPem === undefined ? {} : { caPem: access.caPem }),
    ...(access.proxyEnv === undefined ? {} : { proxyEnv: access.proxyEnv }),
  });
  if (stored.record !== undefined) return client.withAccount(stored.record.url);
  return await register(client, ca, access, id, store, world);
}

/** The private key of an account, stored first; where another run was quicker, the one it stored. */
async function storeNewKey(
  store: Store,
  id: AccountId,
  access: CaAccess,
): Promise<{ keyPem: string; record?: undefined }> {
  const keyPem = access.accountKeyPem ?? keyToPem(await generateKey("ec256"));
  try {
    await saveAccountKey(store, id, keyPem);
    return { keyPem };
  } catch (error) {
    const other = hasCode(error, "STORE_CONFLICT") ? await readAccount(store, id) : undefined;
    if (other === undefined) throw error;
    return { keyPem: other.keyPem };
  }
}

async function register(
  client: AcmeClient,
  ca: CaSpec,
  access: CaAccess,
  id: AccountId,
  store: Store,
  world: World,
): Promise<AcmeClient> {
  const { signal } = world;
  const contact = ca.email === undefined ? [] : [`mailto:${ca.email}`];
  const binding =
    ca.eab === undefined || access.hmacKey === undefined ? undefined : { keyId: ca.eab.kid, hmacKey: access.hmacKey };
  const known = access.accountKeyPem === undefined ? undefined : await findAccount(client, { signal });
  const account =
    known === undefined
      ? await createAccount(
          client,
          {
            contact,
            termsOfServiceAgreed: access.acceptTerms,
            ...(binding === undefined ? {} : { externalAccount: binding }),
          },
          { signal },
        )
      : { ...known, created: false };
  await saveAccountRecord(store, id, {
    directoryUrl: ca.directoryUrl,
    url: account.url,
    contact,
    createdAt: world.now(),
    ...(ca.eab === undefined ? {} : { eabKid: ca.eab.kid }),
  });
  world.emit({
    type: account.created ? "account.created" : "account.found",
    ca: ca.directoryUrl,
    account: account.url,
  });
  return client.withAccount(account.url);
}

/** Keeps the directory between runs, which saves each of them one request. */
function directoryCache(store: Store, directoryUrl: string): DirectoryCache {
  const key = `directories/${caName(directoryUrl)}.json`;
  return {
    read: async () => {
      const stored = await store.read(key);
      return stored === undefined
        ? undefined
        : (JSON.parse(Buffer.from(stored.bytes).toString("utf8")) as CachedDirectory);
    },
    write: async (_url, directory) => {
      await store.write(key, Buffer.from(JSON.stringify(directory)));
    },
  };
}
