import type { TxtRecord, Zone } from "@certwright/provider";

/** An opened provider as the cases use it: what the host makes of it, whatever its shape. */
export interface Handle {
  /** The zone the provider says holds this name; undefined where it knows none. */
  findZone(fqdn: string): Promise<Zone | undefined>;
  add(records: readonly TxtRecord[]): Promise<readonly (string | undefined)[]>;
  remove(records: readonly TxtRecord[]): Promise<void>;
}

/** What the provider's own object offers, told from its functions. */
export interface Offers {
  readonly zones: boolean;
  readonly batch: boolean;
}
