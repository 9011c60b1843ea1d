import { createAccount, findAccount } from "../acme/account.ts";
import { type AcmeClient, createAcmeClient } from "../acme/client.ts";
import type { CachedDirectory, DirectoryCache } from "../acme/directory-source.ts";
import type { ExternalAccount } from "../acme/external-account.ts";
import { generateKey, keyThumbprint, keyToPem, readKey, readKeyOrJwk } from "../acme/keys.ts";
import type { CaSpec } from "../spec.ts";
import {
  type AccountId,
  caName,
  readAccount,
  readBinding,
  type StoredAccount,
  saveAccountKey,
  saveAccountRecord,
  saveBinding,
} from "../store/accounts.ts";
import type { Store } from "../store/store.ts";
import { hasCode } from "../store/store-error.ts";
import type { World } from "../world.ts";
import { settleRollover } from "./roll-over.ts";

/** What reaching a CA needs besides its entry in the configuration: contents of what that entry refers to. */
export interface CaAccess {
  /** Roots to trust for the CA's HTTPS, in PEM. */
  readonly caPem?: string;
  /** The MAC key of the external account binding. */
  readonly hmacKey?: string;
  /** The person agreed to the CA's terms of service. Needed once, when the account is made. */
  readonly acceptTerms: boolean;
  /** Gets one from the CA where none is given and the CA wants one; only with the person's leave. */
  readonly fetchBinding?: () => Promise<ExternalAccount>;
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
  const id: AccountId = accountIdOf(ca);
  const before = await readAccount(store, id);
  const stored = before ?? (await storeNewKey(store, id, access));
  const client = connectCa(ca, access, stored.keyPem, world, store);
  const isNewKey = before === undefined && access.accountKeyPem === undefined;
  if (stored.record === undefined) return await register({ client, ca, isNewKey, access, store, world });
  const known = client.withAccount(stored.record.url);
  return stored.nextKeyPem === undefined ? known : await settleRollover(known, id, store, world.signal);
}

/** Whether the account used at a CA was made already. */
export async function hasAccount(ca: CaSpec, store: Store): Promise<boolean> {
  return (await readAccount(store, accountIdOf(ca)))?.record !== undefined;
}

/** Whether a client is still that of the stored account: another run may have changed its key, or put another in its place. */
export async function isAccountOf(client: AcmeClient, ca: CaSpec, store: Store): Promise<boolean> {
  const stored = await readAccount(store, accountIdOf(ca));
  if (stored?.record?.url !== client.accountUrl || stored?.nextKeyPem !== undefined) return false;
  return keyThumbprint(readKey(stored?.keyPem ?? "", "account key")) === client.thumbprint;
}

/** The account a certificate of this CA is ordered by. */
export function accountIdOf({ directoryUrl, email }: CaSpec): AccountId {
  return { directoryUrl, ...(email === undefined ? {} : { email }) };
}

/**
 * A client for a CA that signs with a key, whatever account it belongs to, if any.
 *
 * @param store where the CA's directory is kept between runs
 */
export function connectCa(ca: CaSpec, access: CaAccess, keyPem: string, world: World, store?: Store): AcmeClient {
  return createAcmeClient({
    directoryUrl: ca.directoryUrl,
    accountKey: readKey(keyPem, "account key"),
    userAgent: access.userAgent,
    time: world,
    onRequest: (request) => world.emit({ type: "acme.request", ...request }),
    onWait: (wait) => world.emit({ type: "acme.waiting", ...wait }),
    ...(store === undefined ? {} : { cache: directoryCache(store, ca.directoryUrl) }),
    ...(access.caPem === undefined ? {} : { caPem: access.caPem }),
    ...(access.proxyEnv === undefined ? {} : { proxyEnv: access.proxyEnv }),
  });
}

/** The private key of an account, stored first; where another run was quicker, the one it stored. */
async function storeNewKey(store: Store, id: AccountId, access: CaAccess): Promise<StoredAccount> {
  // Written anew, whatever form it came in: the state has one.
  const given = access.accountKeyPem === undefined ? undefined : readKeyOrJwk(access.accountKeyPem, "account key");
  const keyPem = keyToPem(given ?? (await generateKey("ec256")));
  try {
    await saveAccountKey(store, id, keyPem);
    return { keyPem };
  } catch (error) {
    const other = hasCode(error, "STORE_CONFLICT") ? await readAccount(store, id) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}

/** An account of which there is a key and nothing else yet. */
interface Unregistered {
  readonly client: AcmeClient;
  readonly ca: CaSpec;
  /** The CA cannot know it. */
  readonly isNewKey: boolean;
  readonly access: CaAccess;
  readonly store: Store;
  readonly world: World;
}

async function register(account: Unregistered): Promise<AcmeClient> {
  const { client, ca, isNewKey, access, store, world } = account;
  const { signal } = world;
  const contact = ca.email === undefined ? [] : [`mailto:${ca.email}`];
  const known = isNewKey ? undefined : await findAccount(client, { signal });
  const binding = known === undefined ? await bindingFor(account) : undefined;
  const registered =
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
  await saveAccountRecord(store, accountIdOf(ca), {
    directoryUrl: ca.directoryUrl,
    url: registered.url,
    contact,
    createdAt: world.now(),
    ...(binding === undefined ? {} : { eabKid: binding.keyId }),
  });
  world.emit({
    type: registered.created ? "account.created" : "account.found",
    ca: ca.directoryUrl,
    account: registered.url,
  });
  return client.withAccount(registered.url);
}

/** The external account binding for a new account: the one given, else one that is got from the CA once, and kept. */
async function bindingFor({
  client,
  ca,
  access,
  store,
  world: { signal },
}: Unregistered): Promise<ExternalAccount | undefined> {
  if (ca.eab !== undefined && access.hmacKey !== undefined) return { keyId: ca.eab.kid, hmacKey: access.hmacKey };
  const { meta } = await client.directory({ signal });
  if (access.fetchBinding === undefined || !meta.externalAccountRequired) return undefined;
  const id = accountIdOf(ca);
  const kept = await readBinding(store, id);
  if (kept !== undefined) return kept;
  const binding = await access.fetchBinding();
  await saveBinding(store, id, binding);
  return binding;
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
