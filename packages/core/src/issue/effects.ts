import type { Zone } from "@certwright/provider";

/** Something others can see that must be undone: written down before it is made. */
export type Effect =
  | {
      readonly kind: "txt";
      readonly provider: string;
      readonly zone: Zone;
      readonly name: string;
      readonly value: string;
    }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "map"; readonly node: string; readonly map: string; readonly key: string };

/** The journal as a solver sees it. */
export interface Effects {
  /** Resolves once all are durable; the ids are in the order given. */
  begin(effects: readonly Effect[]): Promise<readonly string[]>;
  /** These are undone. */
  done(ids: readonly string[]): Promise<void>;
}
