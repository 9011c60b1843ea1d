import type { Identifier } from "../identifier.ts";
import { identifierCodec } from "./certificate-meta.ts";
import { instant, list, optional, pattern, shape, text } from "./codec.ts";
import { sha256 } from "./digest.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { corrupt } from "./store-error.ts";
import { type TellDamage, unlessDamaged } from "./unless-damaged.ts";

/** An order under way: enough for a later run to finish it instead of placing another. Times are milliseconds since 1970. */
export interface OrderRecord {
  readonly name: string;
  readonly directoryUrl: string;
  readonly accountUrl: string;
  readonly orderUrl: string;
  readonly identifiers: readonly Identifier[];
  /** The profile asked for. */
  readonly profile?: string;
  readonly createdAt: number;
}

/** An order under way and the key its certificate will have; no key where the user keeps it (own CSR). */
export interface StoredOrder {
  readonly record: OrderRecord;
  readonly keyPem?: string;
}

interface OrderDocument extends OrderRecord {
  readonly keyPem?: string;
  /** A disk may damage a key without a word, and no CA takes a request signed with it. */
  readonly keySha256?: string;
}

const orderDocument: DocumentKind<OrderDocument> = {
  format: 2,
  codec: shape<OrderDocument>({
    name: text(4096),
    directoryUrl: text(2048),
    accountUrl: text(2048),
    orderUrl: text(2048),
    identifiers: list(identifierCodec),
    profile: optional(text(255)),
    createdAt: instant,
    keyPem: optional(text()),
    keySha256: optional(pattern(/^[0-9a-f]{64}$/, "a SHA-256")),
  }),
};

const orderKey = (name: string) => `orders/${safeName(name)}/order.json`;

/** Remembers an order. To be done before it is finalized: from then on the CA may issue for this key. */
export async function saveOrder(store: Store, { record, keyPem }: StoredOrder): Promise<void> {
  const document = { ...record, ...(keyPem === undefined ? {} : { keyPem, keySha256: sha256(keyPem) }) };
  await store.write(orderKey(record.name), encodeDocument(orderDocument, document), { secret: keyPem !== undefined });
}

/**
 * The order under way for a certificate; `undefined` where there is none that could be finished. One that is damaged is none:
 * another costs less than a certificate that is never renewed.
 *
 * @param tell told of the damage; the next order is stored in its place
 * @throws StoreError `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readOrder(
  store: Store,
  name: string,
  tell: TellDamage = () => {},
): Promise<StoredOrder | undefined> {
  return await unlessDamaged(readWhole(store, name), tell);
}

async function readWhole(store: Store, name: string): Promise<StoredOrder | undefined> {
  const key = orderKey(name);
  const value = await store.read(key);
  if (value === undefined) return undefined;
  const { keyPem, keySha256, ...record } = decodeDocument(orderDocument, key, value.bytes);
  if (keyPem === undefined) return { record };
  if (sha256(keyPem) !== keySha256) throw corrupt(key, "its private key was changed");
  return { record, keyPem };
}

/** Forgets an order: its certificate is stored, or it will never be issued. */
export async function removeOrder(store: Store, name: string): Promise<void> {
  await store.remove(orderKey(name));
}
