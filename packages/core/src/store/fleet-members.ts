import { flag, list, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeDocument } from "./document.ts";
import { safeName } from "./names.ts";
import type { Store } from "./store.ts";
import { hasCode } from "./store-error.ts";
import { unlessDamaged } from "./unless-damaged.ts";

/** A node of a fleet, as it was last found there. */
export interface FleetMember {
  /** Its address. */
  readonly node: string;
  /** Whether it once was brought all the fleet has; from then on each certificate takes care of itself. False: it is new. */
  readonly isSettled: boolean;
}

const fleetMembers: DocumentKind<{ readonly fleet: string; readonly members: readonly FleetMember[] }> = {
  format: 1,
  codec: shape({
    fleet: text(255),
    members: list(shape<FleetMember>({ node: text(4096), isSettled: flag })),
  }),
};

const keyOf = (fleet: string): string => `fleet-members/${safeName(fleet)}.json`;

/**
 * Reads who the members of a fleet are, and changes it; nothing is written where that is the same. `change` may be called
 * again when another run changed it in between. One that is damaged has no members: all are new then, which costs a look.
 *
 * @returns the members after the change
 * @throws StoreError `STORE_CONFLICT`, `STORE_NEWER_FORMAT`, and what the store throws
 */
export async function updateFleetMembers(
  store: Store,
  fleet: string,
  change: (members: readonly FleetMember[]) => readonly FleetMember[],
): Promise<readonly FleetMember[]> {
  const key = keyOf(fleet);
  for (let attempt = 1; ; attempt += 1) {
    const value = await store.read(key);
    const decode = async (bytes: Uint8Array) => decodeDocument(fleetMembers, key, bytes);
    const before = value && (await unlessDamaged(decode(value.bytes), () => {}));
    const members = change(before?.members ?? []);
    if (JSON.stringify(members) === JSON.stringify(before?.members ?? [])) return members;
    try {
      await store.write(key, encodeDocument(fleetMembers, { fleet, members }), { ifVersion: value?.version ?? null });
      return members;
    } catch (error) {
      if (!hasCode(error, "STORE_CONFLICT") || attempt === 50) throw error;
    }
  }
}
