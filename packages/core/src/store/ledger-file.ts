import { caName } from "./accounts.ts";
import { batched } from "./batched.ts";
import { dictionary, instant, list, oneOf, optional, remark, shape, text } from "./codec.ts";
import { type DocumentKind, decodeDocument, encodeAndRead } from "./document.ts";
import { emptyLedger, type Hold, type Ledger, type PausedName, type Reservation, released, tidied } from "./ledger.ts";
import type { CaLimits } from "./limits.ts";
import type { OrderRequest } from "./order-request.ts";
import { nextSlot, type Slot } from "./slot.ts";
import { reserved } from "./spend.ts";
import type { Store } from "./store.ts";
import { corrupt, hasCode } from "./store-error.ts";

/** The ledger of one CA as it is stored, shared by all runs over the same state. */
export interface LedgerFile {
  /** As it is now. */
  read(): Promise<Ledger>;
  /**
   * Changes it, whatever other runs do. `change` may be called several times, each time with the latest ledger, and the
   * answer is that of the last call. Calls that come in while one is under way are written together; one that
   * cannot be made or stored fails alone.
   */
  update<T>(change: (ledger: Ledger) => readonly [Ledger, T]): Promise<T>;
}

const ledgerDocument: DocumentKind<Ledger> = {
  format: 2,
  formerly: ["failures"],
  codec: shape<Ledger>({
    directoryUrl: text(2048),
    buckets: dictionary(instant),
    reservations: dictionary(
      shape<Reservation>({
        set: text(64),
        domains: list(text(255)),
        exemption: optional(oneOf("ari", "same-set")),
        until: instant,
      }),
    ),
    holds: dictionary(shape<Hold>({ until: instant, reason: remark() })),
    paused: dictionary(shape<PausedName>({ since: instant, unpauseUrl: optional(text(4096)) })),
  }),
};

/** Attempts to write against other runs that do the same; each that fails means that another succeeded. */
const mostAttempts = 100;

/** One change to a ledger, and the clock of who makes it. */
interface Change {
  /** Never throws. */
  readonly apply: (ledger: Ledger) => Ledger;
  readonly now: () => number;
  /** Told where it cannot be stored. */
  readonly refuse: (error: unknown) => void;
}

interface OpenLedger {
  readonly read: () => Promise<Ledger>;
  readonly change: (change: Change) => Promise<void>;
}

/** By store and CA: whoever opens a ledger in this process writes together with all others, not against them. */
const openLedgers = new WeakMap<Store, Map<string, OpenLedger>>();

/**
 * The ledger of a CA. Its calls throw `STORE_CORRUPT` and `STORE_NEWER_FORMAT` where it cannot be read, and what the store
 * throws; it is never started anew over one that cannot be read.
 *
 * @param now milliseconds since 1970; what is out of date by then is left out when it is written
 */
export function openLedger(store: Store, directoryUrl: string, now: () => number): LedgerFile {
  const ofStore = openLedgers.get(store) ?? new Map<string, OpenLedger>();
  openLedgers.set(store, ofStore);
  const open = ofStore.get(directoryUrl) ?? sharedLedger(store, directoryUrl);
  ofStore.set(directoryUrl, open);
  return {
    read: open.read,
    async update(change) {
      let answer: (() => ReturnType<typeof change>[1]) | undefined;
      const refuse = (error: unknown): void => {
        answer = () => {
          throw error;
        };
      };
      const apply = (ledger: Ledger): Ledger => {
        try {
          const [changed, value] = change(ledger);
          answer = () => value;
          return changed;
        } catch (error) {
          refuse(error);
          return ledger;
        }
      };
      await open.change({ apply, now, refuse });
      if (answer === undefined) throw new TypeError("a batch ended without its changes");
      return answer();
    },
  };
}

function sharedLedger(store: Store, directoryUrl: string): OpenLedger {
  const key = `ledger/${caName(directoryUrl)}.json`;
  // One that nobody changed is not parsed again at every order.
  let known: { readonly version: string; readonly ledger: Ledger } | undefined;

  async function load(): Promise<{ ledger: Ledger; version: string | null }> {
    const value = await store.read(key);
    if (value === undefined) return { ledger: emptyLedger(directoryUrl), version: null };
    const { bytes, version } = value;
    if (known?.version === version) return known;
    const ledger = decodeDocument(ledgerDocument, key, bytes);
    if (ledger.directoryUrl !== directoryUrl) throw corrupt(key, `it is about ${ledger.directoryUrl}`);
    known = { version, ledger };
    return { ledger, version };
  }

  async function write(changes: readonly Change[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { ledger, version } = await load();
      const changed = changes.reduce((current, { apply }) => apply(current), ledger);
      if (changed === ledger) return;
      try {
        const now = changes.at(-1)?.now() ?? 0;
        const { bytes, read } = encodeAndRead(ledgerDocument, tidied(changed, now));
        known = { version: await store.write(key, bytes, { ifVersion: version }), ledger: read };
        return;
      } catch (error) {
        if (!hasCode(error, "STORE_CONFLICT") || attempt === mostAttempts) throw error;
      }
    }
  }

  const change = batched(async (changes: readonly Change[]) => {
    try {
      await write(changes);
    } catch (error) {
      if (changes.length === 1 || !hasCode(error, "STORE_BAD_VALUE")) throw error;
      for (const each of changes) await write([each]).catch(each.refuse);
    }
  });

  return { read: async () => (await load()).ledger, change };
}

/**
 * Takes a slot if there is one: decided and noted in one step, so that two runs do not take the same. Else the certificate
 * holds none any more: who asks for an order has none that could be finished.
 */
export async function takeSlot(
  file: LedgerFile,
  limits: CaLimits | undefined,
  request: OrderRequest,
  now: number,
): Promise<Slot> {
  return await file.update((ledger) => {
    const slot = nextSlot(ledger, limits, request, now);
    return [slot.allowed ? reserved(ledger, limits, request, now) : released(ledger, request.certificate), slot];
  });
}
