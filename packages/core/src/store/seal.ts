import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { checkKey, isSegment } from "./names.ts";
import { checkSize } from "./refusals.ts";
import type { SealKey } from "./seal-key.ts";
import type { Store, Stored, WriteOptions } from "./store.ts";
import { corrupt, hasCode, StoreError } from "./store-error.ts";

/** Which keys open and close. */
export interface SealKeys {
  /** Seals everything that is written. */
  readonly current: SealKey;
  /** Still open what they sealed, so that a key can be changed without downtime. */
  readonly previous?: readonly SealKey[];
}

/** "CWS" and the version of the layout: then the key's id, the nonce, the ciphertext and its tag. */
const magic = Buffer.from([0x43, 0x57, 0x53, 0x01]);
const idLength = 8;
const nonceLength = 12;
const tagLength = 16;
const headerLength = magic.length + idLength + nonceLength;

/**
 * Seals a value with AES-256-GCM. It opens under this key of the store only, so values cannot be swapped.
 */
export function seal(key: string, bytes: Uint8Array, { id, secret }: SealKey): Uint8Array {
  const header = Buffer.concat([magic, id]);
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(Buffer.concat([header, Buffer.from(key)]));
  return Buffer.concat([header, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Opens a sealed value.
 *
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`, `STORE_WRONG_SEAL_KEY`
 */
export function unseal(key: string, bytes: Uint8Array, { current, previous = [] }: SealKeys): Uint8Array {
  const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (sealed.length < headerLength + tagLength || !sealed.subarray(0, 3).equals(magic.subarray(0, 3))) {
    throw corrupt(key, sealed.length === 0 ? "it is empty" : "it is not sealed, or cut short");
  }
  if (sealed[3] !== magic[3]) {
    throw new StoreError("STORE_NEWER_FORMAT", `${key} in the state is sealed in a newer way`, {
      key,
      hint: "Upgrade Certwright on this machine to the version that wrote it.",
    });
  }
  const id = sealed.subarray(magic.length, magic.length + idLength);
  const sealedWith = [current, ...previous].find((each) => each.id.equals(id));
  if (sealedWith === undefined) {
    throw new StoreError("STORE_WRONG_SEAL_KEY", `${key} in the state was encrypted with another key`, {
      key,
      hint: "Give the key it was written with; after a change of keys, the old one under formerKeys or in CERTWRIGHT_STATE_FORMER_KEYS.",
    });
  }
  const nonce = sealed.subarray(magic.length + idLength, headerLength);
  const decipher = createDecipheriv("aes-256-gcm", sealedWith.secret, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.concat([sealed.subarray(0, magic.length + idLength), Buffer.from(key)]));
  decipher.setAuthTag(sealed.subarray(-tagLength));
  const plain = decipher.update(sealed.subarray(headerLength, -tagLength));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    throw corrupt(key, "it was changed, or moved here from another place");
  }
}

/**
 * Whether a value is a pointer. It is written by `point`, unsealed: its target is a short name. What is sealed cannot be
 * taken for one, and a name cannot be taken for any document or key, should somebody put one there.
 */
export function isPointer(bytes: Uint8Array): boolean {
  return bytes.length <= 128 && isSegment(Buffer.from(bytes).toString("latin1"));
}

/** Whether a value says that it was sealed with this key. */
export function isSealedWith(bytes: Uint8Array, { id }: SealKey): boolean {
  const header = Buffer.from(bytes.subarray(0, magic.length + idLength));
  return header.equals(Buffer.concat([magic, id]));
}

/**
 * A store whose values are sealed before they reach the one below: for state beyond this machine. Keys (which tell the
 * names of certificates), pointers (which tell generation numbers) and sizes stay visible.
 */
export function sealedStore(below: Store, keys: SealKeys): Store {
  const closed = (key: string, bytes: Uint8Array) => seal(key, bytes, keys.current);

  /** Of keys that were appended to: their writer is alone, so each further piece costs one request. */
  const appended = new Map<string, Stored>();

  async function read(key: string): Promise<Stored | undefined> {
    const value = await below.read(key);
    if (value === undefined) return undefined;
    if (isPointer(value.bytes)) return value;
    return { bytes: unseal(key, value.bytes, keys), version: value.version };
  }

  async function write(key: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<string> {
    checkSize(key, bytes.length);
    appended.delete(key);
    return await below.write(key, closed(key, bytes), { ...options, secret: false });
  }

  return {
    ...(below.machine === undefined ? {} : { machine: below.machine }),
    read,
    write,
    async readThrough(pointer, leaf) {
      checkKey(`${pointer}/${leaf}`);
      const target = await below.read(pointer);
      if (target === undefined) return undefined;
      return await read(`${pointer.slice(0, pointer.lastIndexOf("/") + 1)}${Buffer.from(target.bytes)}/${leaf}`);
    },
    async append(key, bytes) {
      for (;;) {
        const before = appended.get(key) ?? (await read(key));
        appended.delete(key);
        const whole = before === undefined ? bytes : Buffer.concat([before.bytes, bytes]);
        try {
          const version = await write(key, whole, { ifVersion: before?.version ?? null });
          appended.set(key, { bytes: whole, version });
          return;
        } catch (error) {
          if (!hasCode(error, "STORE_CONFLICT")) throw error;
        }
      }
    },
    point: (key, target, options) => below.point(key, target, options),
    remove: (key, options) => {
      appended.delete(key);
      return below.remove(key, options);
    },
    list: (folder) => below.list(folder),
    lease: (name, options) => below.lease(name, options),
    locate: (key) => below.locate(key),
  };
}
