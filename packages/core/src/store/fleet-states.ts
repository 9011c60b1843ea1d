import { type TargetState, targetState } from "./certificate-meta.ts";
import { list, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";
import { type TellDamage, unlessDamaged } from "./unless-damaged.ts";

/** How far one certificate got on the nodes of one fleet. */
export interface FleetState {
  readonly fleet: string;
  readonly certificate: string;
  /** One for each node; `target` is the node's address. */
  readonly nodes: readonly TargetState[];
}

const fleetState: DocumentKind<FleetState> = {
  format: 1,
  codec: shape<FleetState>({ fleet: text(255), certificate: text(4096), nodes: list(targetState) }),
};

const folderOf = (fleet: string): string => `fleets/${safeName(fleet)}`;
const keyOf = (fleet: string, certificate: string): string => `${folderOf(fleet)}/${safeName(certificate)}/nodes.json`;

/**
 * What is known of a certificate on a fleet; no nodes where nothing is. It is a document of its own, apart from the
 * certificate's, because nodes outlive generations and there may be many.
 *
 * @param tell told where it is damaged, which then is as if nothing were known: a push finds it all out again
 * @throws StoreError `STORE_CORRUPT` where nobody is to be told, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readFleetState(
  store: Store,
  fleet: string,
  certificate: string,
  tell?: TellDamage,
): Promise<FleetState> {
  return (await unlessDamaged(readState(store, keyOf(fleet, certificate)), tell)) ?? { fleet, certificate, nodes: [] };
}

/**
 * Changes it. `change` may be called again when another run changed the same in between. What is damaged is replaced; who
 * changes it has read it, and told.
 *
 * @throws StoreError `STORE_CONFLICT`, and what the store throws
 */
export async function updateFleetState(
  store: Store,
  fleet: string,
  certificate: string,
  change: (nodes: readonly TargetState[]) => readonly TargetState[],
): Promise<FleetState> {
  const key = keyOf(fleet, certificate);
  for (let attempt = 1; ; attempt += 1) {
    const value = await store.read(key);
    const before = value === undefined ? undefined : await unlessDamaged(decode(key, value.bytes), () => {});
    const state = { fleet, certificate, nodes: change(before?.nodes ?? []) };
    try {
      await store.write(key, encodeDocument(fleetState, state), { ifVersion: value?.version ?? null });
      return state;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT") || attempt === 50) throw error;
    }
  }
}

/** Every certificate of a fleet of which anything is known, one at a time; what is damaged is left out. */
export async function* eachFleetState(store: Store, fleet: string): AsyncGenerator<FleetState> {
  for (const entry of await store.list(folderOf(fleet))) {
    if (!entry.endsWith("/")) continue;
    const state = await unlessDamaged(readState(store, `${folderOf(fleet)}/${entry}nodes.json`), () => {});
    if (state !== undefined) yield state;
  }
}

async function readState(store: Store, key: string): Promise<FleetState | undefined> {
  const value = await store.read(key);
  return value === undefined ? undefined : await decode(key, value.bytes);
}

async function decode(key: string, bytes: Uint8Array): Promise<FleetState> {
  return decodeDocument(fleetState, key, bytes);
}
