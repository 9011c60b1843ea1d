import { type FakeAcme, startFakeAcme } from "../../acme/testing/fake-acme.ts";
import type { CertwrightEvent } from "../../events.ts";
import type { Solver } from "../../issue/solver.ts";
import type { CertificateSpec } from "../../spec.ts";
import { openJournal } from "../../store/journal.ts";
import { memoryState, memoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { createCaPool } from "../obtain.ts";
import type { Parts, Run } from "../parts.ts";
import { type CertificateResult, type RenewOptions, renewCertificate } from "../renew-certificate.ts";

/** The engine over fake CAs, on a clock that a test moves. Each look is a run of its own: only the store lasts. */
export interface TestEngine extends AsyncDisposable {
  readonly cas: readonly FakeAcme[];
  readonly store: Store;
  readonly events: CertwrightEvent[];
  readonly now: () => number;
  /** Lets time pass. */
  later(milliseconds: number): void;
  /** What a run works with, with a journal of its own. */
  run(change?: Partial<Run>): Promise<Run>;
  look(spec: CertificateSpec, options?: Partial<RenewOptions>, change?: Partial<Run>): Promise<CertificateResult>;
}

/** Starts so many fake CAs. Whatever proves a name there is there already. */
export async function startEngine(count: number, more: Partial<Parts> = {}): Promise<TestEngine> {
  const cas = await Promise.all(Array.from({ length: count }, () => startFakeAcme()));
  const store = memoryStore(memoryState());
  const events: CertwrightEvent[] = [];
  const { signal } = new AbortController();
  const solver: Solver = {
    type: "dns-01",
    label: "there already",
    solves: () => true,
    present: async () => [],
    cleanUp: async () => undefined,
  };
  const never = async (): Promise<never> => {
    throw new Error("the test gave none");
  };
  const parts: Parts = {
    caAccess: async ({ directoryUrl }) => ({
      caPem: cas.find((ca) => ca.directoryUrl === directoryUrl)?.caPem ?? "",
      acceptTerms: true,
      userAgent: "certwright/test",
    }),
    dnsBinding: never,
    solver: async () => solver,
    target: never,
    readFile: never,
    ...more,
  };
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const world: Run["world"] = {
    now,
    sleep: async (milliseconds) => {
      ahead += milliseconds;
    },
    random: () => 0,
    signal,
    emit: (event) => events.push(event),
    resolver: { query: never },
  };
  const openRun = async (change: Partial<Run> = {}): Promise<Run> => ({
    store,
    world,
    parts,
    journal: await openJournal(store, signal),
    ...change,
  });
  return {
    cas,
    store,
    events,
    now,
    later: (milliseconds) => {
      ahead += milliseconds;
    },
    run: openRun,
    look: async (spec, options = {}, change = {}) => {
      const run = await openRun(change);
      const pool = createCaPool(run);
      try {
        return await renewCertificate(spec, { force: false, dryRun: false, ...options }, pool, run);
      } finally {
        await pool.close();
        await run.journal.close();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const ca of cas) await ca.close();
    },
  };
}

/** A certificate of one name, from CAs in this order. */
export function specFor(name: string, ...cas: readonly (FakeAcme | undefined)[]): CertificateSpec {
  return {
    name,
    identifiers: [{ type: "dns", value: name }],
    keyType: "ec256",
    reuseKey: false,
    cas: cas.map((ca) => ({ directoryUrl: ca?.directoryUrl ?? "" })),
    challenges: [{ type: "http-01" }],
    dns: {},
    deploy: [],
  };
}

/** How many orders a CA was asked for. */
export function ordersAt(ca: FakeAcme | undefined): number {
  return ca?.requests.filter(({ resource }) => resource === "newOrder").length ?? 0;
}
