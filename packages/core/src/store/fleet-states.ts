import { type TargetState, targetState } from "./certificate-meta.ts";
import { list, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";

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
 * @throws StoreError `STORE_CORRUPT`, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function readFleetState(store: Store, fleet: string, certificate: string): Promise<FleetState> {
  const key = keyOf(fleet, certificate);
  const value = await store.read(key);
  return value === undefined ? { fleet, certificate, nodes: [] } : decodeDocument(fleetState, key, value.bytes);
}

/**
 * Changes it. `change` may be called again when another run changed the same in between.
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
    const before = value === undefined ? [] : decodeDocument(fleetState, key, value.bytes).nodes;
    const state = { fleet, certificate, nodes: change(before) };
    try {
      await store.write(key, encodeDocument(fleetState, state), { ifVersion: value?.version ?? null });
      return state;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT") || attempt === 50) throw error;
    }
  }
}

/** Every certificate of a fleet of which anything is known, one at a time. */
export async function* eachFleetState(store: Store, fleet: string): AsyncGenerator<FleetState> {
  for (const entry of await store.list(folderOf(fleet))) {
    if (!entry.endsWith("/")) continue;
    const key = `${folderOf(fleet)}/${entry}nodes.json`;
    const value = await store.read(key);
    if (value !== undefined) yield decodeDocument(fleetState, key, value.bytes);
  }
}
