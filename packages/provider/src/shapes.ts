/**
 * A zone as the API behind a provider knows it.
 *
 * A provider that lists zones chooses `id` itself (the API's own identifier); for others the host sets it to the name.
 */
export interface Zone {
  /** Lower-case A-labels without a trailing dot: `example.com`. */
  readonly name: string;
  /** The API's identifier of the zone; equal to `name` where the API has none. */
  readonly id: string;
}

/** One name inside a zone. All forms are lower-case A-labels without a trailing dot. */
export interface ZoneName {
  readonly zone: Zone;
  /** Relative to the zone: `_acme-challenge.www`; `@` for the zone's own name. */
  readonly name: string;
  /** The whole name: `_acme-challenge.www.example.com`. */
  readonly fqdn: string;
}

/** One TXT record to add or to remove. */
export interface TxtRecord extends ZoneName {
  /** The text itself: unquoted, unescaped, not split into strings. */
  readonly value: string;
  /** Seconds; already raised to `traits.minTtl`. */
  readonly ttl: number;
  /** On removal: what `add` returned for this record, if this or an earlier run still knows it. A hint, never a need. */
  readonly id?: string;
}

/** The set of all TXT records at one name. */
export interface TxtRecordSet extends ZoneName {
  /** Seconds; already raised to `traits.minTtl`. */
  readonly ttl: number;
}

/** What every shape may offer besides its own calls. */
export interface ZoneFinder {
  /**
   * The zones this account can change, in any spelling; the host compares them as lower-case A-labels.
   *
   * - MUST follow the API's paging to the end, and MUST answer every zone of a name that is there twice (a private and a
   *   public one), each with its id: the host then asks the person which one is meant.
   * - `candidates` are the names that can hold the record, longest first (`www.example.com`, `example.com`, `com`).
   *   A provider whose API filters by name SHOULD ask for these instead of listing everything, and MAY stop at the first
   *   that is a zone. It declares the parameter; one that ignores it MUST NOT, for the host then asks it only once.
   * - An account without zones is an empty list. A credential that may not list zones SHOULD fail with
   *   `PROVIDER_FORBIDDEN`; people pin the zone then.
   * - Left out, the host finds the zone by asking the DNS for SOA records, and sets `id` to its name.
   */
  zones?(candidates: readonly string[]): Promise<Iterable<string | Zone>> | AsyncIterable<string | Zone>;
}

/**
 * The shape of APIs that add and remove single records.
 *
 * - Both find records by name and value and by nothing a former process knew, so that clean-up works after a crash.
 * - Both MUST be harmless to repeat: the host calls them again after a failure that is `uncertain`.
 * - `add` MUST keep every other value at the name; adding a value that is there MUST succeed (the API may answer with
 *   a conflict: treat it as success) and MUST NOT make a duplicate the API would count.
 * - `remove` MUST remove exactly the record with this name and this value, and no other; an absent one is success.
 *   It finds the record by name and value; `record.id` only saves the search and may be out of date.
 * - Where `addAll`/`removeAll` exist the host uses them instead, one call per zone, with at least one record; those of several
 *   certificates may come together.
 */
export interface RecordShape extends ZoneFinder {
  // biome-ignore lint/suspicious/noConfusingVoidType: an `add` without an id simply ends
  add(record: TxtRecord): Promise<string | void>;
  remove(record: TxtRecord): Promise<void>;
  /** Ids in the order of the records, or nothing. MUST leave the zone as it was, or have done all, when it throws; else `uncertain`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  addAll?(zone: Zone, records: readonly TxtRecord[]): Promise<readonly (string | undefined)[] | void>;
  removeAll?(zone: Zone, records: readonly TxtRecord[]): Promise<void>;
  /** See {@link InSync}. */
  inSync?: InSync;
}

/**
 * The shape of APIs that replace all values of a name at once. The host reads, changes and writes under a lock;
 * a provider of this shape never merges.
 *
 * - `get` MUST answer all unquoted values, and an empty list where there is no such set.
 * - `set` MUST replace the whole set; an empty list MUST delete it (deleting an absent one is success).
 * - `set` SHOULD fail with `PROVIDER_CONFLICT` if the set changed since `get`, where the API can tell: the host then
 *   reads again, once.
 */
export interface RecordSetShape extends ZoneFinder {
  get(set: TxtRecordSet): Promise<readonly string[]>;
  set(set: TxtRecordSet, values: readonly string[]): Promise<void>;
  /** Several sets of one zone in one request, at least one. Same rules as `set`; MUST do all or nothing, or fail as `uncertain`. */
  setAll?(
    zone: Zone,
    sets: readonly { readonly set: TxtRecordSet; readonly values: readonly string[] }[],
  ): Promise<void>;
  /** See {@link InSync}. */
  inSync?: InSync;
}

/**
 * The shape of APIs that only read and write a zone as a whole. The host changes the TXT values it must and hands
 * everything else back untouched, so `R` may be any record type of the provider's own.
 */
export interface ZoneShape<R = unknown> extends ZoneFinder {
  /** Every record of the zone, exactly enough that writing them back changes nothing. */
  read(zone: Zone): Promise<readonly R[]>;
  /** Replaces all records of the zone. SHOULD fail with `PROVIDER_CONFLICT` if the zone changed since `read`. */
  write(zone: Zone, records: readonly R[]): Promise<void>;
  /** The TXT value this record holds at this name, or undefined when it is another record. */
  txt(record: R, name: ZoneName): string | undefined;
  /** A new record for this value. */
  record(record: TxtRecord): R;
  /** See {@link InSync}. */
  inSync?: InSync;
}

/**
 * True once every name server of the provider has all changes made so far in this zone. The host asks it between
 * its own looks at the name servers; it never replaces them.
 */
export type InSync = (zone: Zone) => Promise<boolean>;

/**
 * What `create` returns: one of three shapes, told apart by their functions. For all of them:
 *
 * - Names and values arrive ready: relative and whole names in A-labels, values unquoted. A provider MUST NOT follow
 *   CNAMEs, wait for propagation, keep a list of its records, or know what the values are for.
 * - Values MUST be kept exactly, byte for byte. What the API cannot hold MUST be refused (`PROVIDER_UNSUPPORTED`),
 *   never changed.
 * - A name in an answer SHOULD be compared with `sameName`, since APIs spell names in their own ways.
 * - Failures MUST be thrown, as a `ProviderError` of the fitting code where the API's answer needs interpretation; those
 *   of `ctx.http` fit already. An answer that is not understood is a failure.
 * - Calls MUST end soon after `ctx.signal` aborts, and MUST NOT send anything after that. `ctx.http` and `ctx.sleep` see to it.
 * - Functions may run at the same time as far as `traits.concurrency` says, so what they share MUST allow that.
 */
// biome-ignore lint/suspicious/noExplicitAny: the record type of a zone shape is the provider's own
export type Provider = RecordShape | RecordSetShape | ZoneShape<never> | ZoneShape<any>;
