import type { Store } from "../store.ts";
import { folderCases } from "./folders.ts";
import { leaseCases } from "./leases.ts";
import { valueCases } from "./values.ts";

/** A fresh, empty place for state, and the clients of it. */
export interface StoreUnderTest {
  /** Another client of the same state, as another process would be. */
  client(): Promise<Store>;
  /** Ends whatever the place needed. */
  close?(): Promise<void>;
}

/** What the suite needs: a test runner's `test`, and how to make an empty place. */
export interface ConformanceOptions {
  /** Registers one test: vitest's `test`, `node:test`'s, or any other of this form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Called once per test. */
  readonly open: () => Promise<StoreUnderTest>;
}

/** One promise of the contract, tried on an empty place. */
export interface ConformanceCase {
  readonly name: string;
  run(place: StoreUnderTest): Promise<void>;
}

/**
 * Tries every promise of the {@link Store} contract that can be tried from outside. A store is fit for use when all pass.
 *
 * ```ts
 * storeConformance({ test, open: async () => ({ client: async () => myStore(await emptyBucket()) }) });
 * ```
 */
export function storeConformance({ test, open }: ConformanceOptions): void {
  for (const { name, run } of [...valueCases, ...folderCases, ...leaseCases]) {
    test(`store contract: ${name}`, async () => {
      const place = await open();
      try {
        await run(place);
      } finally {
        await place.close?.();
      }
    });
  }
}
