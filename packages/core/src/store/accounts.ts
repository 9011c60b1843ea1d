import { instant, list, oneOf, optional, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { safeName } from "./names.ts";
import type { Lease, LeaseOptions, Store } from "./store.ts";
import { corrupt, isStoreError } from "./store-error.ts";
import type { TellDamage } from "./unless-damaged.ts";

/** Which account: one per CA and contact address. */
export interface AccountId {
  readonly directoryUrl: string;
  /** Left out: the account without an address. */
  readonly email?: string;
}

/** An account as the CA knows it. Its key is kept apart. Times are milliseconds since 1970. */
export interface AccountRecord {
  readonly directoryUrl: string;
  readonly url: string;
  /** As sent to the CA: `mailto:admin@example.com`. What the CA echoes is never compared with it. */
  readonly contact: readonly string[];
  readonly createdAt: number;
  /** Key identifier of the external account binding it was made with. */
  readonly eabKid?: string;
  readonly status?: "valid" | "deactivated" | "revoked";
}

/** What is stored of an account. A key without a record is an account that may exist at the CA: ask by key. */
export interface StoredAccount {
  readonly keyPem: string;
  readonly record?: AccountRecord;
  /** The key of an unfinished rollover; the CA may know the account by either. */
  readonly nextKeyPem?: string;
}

const accountRecord: DocumentKind<AccountRecord> = {
  format: 1,
  codec: shape<AccountRecord>({
    directoryUrl: text(2048),
    url: text(2048),
    contact: list(text(1024)),
    createdAt: instant,
    eabKid: optional(text(1024)),
    status: optional(oneOf("valid", "deactivated", "revoked")),
  }),
};

/** An external account binding that was got from the CA, as `ExternalAccount` of the ACME layer has it. */
export interface StoredBinding {
  readonly keyId: string;
  readonly hmacKey: string;
}

const accountBinding: DocumentKind<StoredBinding> = {
  format: 1,
  codec: shape<StoredBinding>({ keyId: text(1024), hmacKey: text(4096) }),
};

const accountsFolder = "accounts";

/**
 * Reads an account; `undefined` where none was ever made.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readAccount(store: Store, id: AccountId): Promise<StoredAccount | undefined> {
  return await readFolder(store, accountFolder(id));
}

/**
 * Stores the key of a new account, before the CA hears of it: a run that dies in between finds the account again by its
 * key instead of making a second one.
 *
 * @throws StoreError `STORE_CONFLICT` where there is a key already
 */
export async function saveAccountKey(store: Store, id: AccountId, keyPem: string): Promise<void> {
  await writeKey(store, `${accountFolder(id)}/key.pem`, keyPem);
}

/** Stores what the CA said of an account, in place of what was stored before. */
export async function saveAccountRecord(store: Store, id: AccountId, record: AccountRecord): Promise<void> {
  await store.write(`${accountFolder(id)}/account.json`, encodeDocument(accountRecord, record));
}

/** Forgets what the CA said of an account, and keeps its key: the CA is asked by that, or told of it anew. */
export async function removeAccountRecord(store: Store, id: AccountId): Promise<void> {
  await store.remove(`${accountFolder(id)}/account.json`);
}

/**
 * Stores the key an account shall get, before the CA is asked for the rollover (RFC 8555 section 7.3.5).
 *
 * @throws StoreError `STORE_CONFLICT` where a rollover is unfinished already
 */
export async function stageAccountKey(store: Store, id: AccountId, nextKeyPem: string): Promise<void> {
  await writeKey(store, `${accountFolder(id)}/key-next.pem`, nextKeyPem);
}

/** The binding kept for a new account; `undefined` where none was got. */
export async function readBinding(store: Store, id: AccountId): Promise<StoredBinding | undefined> {
  const key = `${accountFolder(id)}/eab.json`;
  const value = await store.read(key);
  return value === undefined ? undefined : decodeDocument(accountBinding, key, value.bytes);
}

/** Keeps a binding, so that a CA that gives only so many a day is asked once. */
export async function saveBinding(store: Store, id: AccountId, binding: StoredBinding): Promise<void> {
  const bytes = encodeDocument(accountBinding, binding);
  await store.write(`${accountFolder(id)}/eab.json`, bytes, { secret: true });
}

/** Holds an account while its key changes: who looks which key the CA has must not look in the middle. */
export async function leaseAccount(store: Store, id: AccountId, options: LeaseOptions): Promise<Lease> {
  return await store.lease(accountFolder(id), options);
}

/** Ends a rollover: the staged key becomes the key (`true`), or is thrown away because the CA refused it (`false`). */
export async function settleAccountKey(store: Store, id: AccountId, accepted: boolean): Promise<void> {
  const folder = accountFolder(id);
  const next = await store.read(`${folder}/key-next.pem`);
  if (next === undefined) return;
  if (accepted) await store.write(`${folder}/key.pem`, next.bytes, { secret: true });
  await store.remove(`${folder}/key-next.pem`);
}

/**
 * All accounts that have a record, of one CA or of every one.
 *
 * @param tell told of each that cannot be read; left out, the first is thrown
 */
export async function listAccounts(
  store: Store,
  directoryUrl?: string,
  tell?: TellDamage,
): Promise<readonly AccountRecord[]> {
  const folders = directoryUrl === undefined ? await subfolders(store, accountsFolder) : [caFolder(directoryUrl)];
  const records: AccountRecord[] = [];
  for (const folder of folders) {
    for (const account of await subfolders(store, folder)) {
      const record = await readRecord(store, account).catch((error: unknown) => {
        if (tell === undefined || !isStoreError(error)) throw error;
        tell(error);
        return undefined;
      });
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

/** Removes an account with its keys from the state; the CA keeps it. */
export async function removeAccount(store: Store, id: AccountId): Promise<void> {
  for (const file of ["account.json", "eab.json", "key-next.pem", "key.pem"])
    await store.remove(`${accountFolder(id)}/${file}`);
}

async function readFolder(store: Store, folder: string): Promise<StoredAccount | undefined> {
  const [keyPem, nextKeyPem, record] = await Promise.all([
    readKey(store, `${folder}/key.pem`),
    readKey(store, `${folder}/key-next.pem`),
    readRecord(store, folder),
  ]);
  if (keyPem === undefined) {
    if (record !== undefined) throw corrupt(`${folder}/key.pem`, "it is missing, while the account's record is there");
    return undefined;
  }
  return { keyPem, ...(record === undefined ? {} : { record }), ...(nextKeyPem === undefined ? {} : { nextKeyPem }) };
}

async function readRecord(store: Store, folder: string): Promise<AccountRecord | undefined> {
  const key = `${folder}/account.json`;
  const value = await store.read(key);
  return value === undefined ? undefined : decodeDocument(accountRecord, key, value.bytes);
}

async function readKey(store: Store, key: string): Promise<string | undefined> {
  const value = await store.read(key);
  if (value === undefined) return undefined;
  const pem = Buffer.from(value.bytes).toString("latin1");
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[\s\S]*-----END [A-Z ]*PRIVATE KEY-----\n?$/.test(pem)) {
    throw corrupt(key, pem === "" ? "it is empty" : "it is not a whole PEM private key");
  }
  return pem;
}

async function writeKey(store: Store, key: string, pem: string): Promise<void> {
  await store.write(key, Buffer.from(`${pem.trim()}\n`), { ifVersion: null, secret: true });
}

async function subfolders(store: Store, folder: string): Promise<readonly string[]> {
  const entries = await store.list(folder);
  return entries.filter((entry) => entry.endsWith("/")).map((entry) => `${folder}/${entry.slice(0, -1)}`);
}

function accountFolder({ directoryUrl, email }: AccountId): string {
  return `${caFolder(directoryUrl)}/${email === undefined ? "default" : safeName(email)}`;
}

/** Every directory URL has `https://` in front, so nothing is lost without it and people can read the rest. */
function caFolder(directoryUrl: string): string {
  return `${accountsFolder}/${caName(directoryUrl)}`;
}

/** The file name that stands for a CA. */
export function caName(directoryUrl: string): string {
  return safeName(directoryUrl.replace(/^https:\/\//, ""));
}
