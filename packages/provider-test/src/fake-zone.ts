import { Refusal } from "./refusal.ts";

/** One record as the fake keeps it. */
export interface FakeRecord {
  /** Digits, unique over all zones. */
  readonly id: string;
  /** Relative to the zone, `@` for the zone's own name. */
  readonly name: string;
  /** The whole name without a trailing dot. */
  readonly fqdn: string;
  readonly type: string;
  /** For TXT the text itself: unquoted, unescaped, in one piece. */
  readonly value: string;
  readonly ttl: number;
}

/** A record as a route hands it in: by relative name or by whole name, whichever the API takes. */
export type NewRecord = {
  readonly type?: string;
  readonly value: string;
  readonly ttl?: number | string;
} & ({ readonly name: string } | { readonly fqdn: string });

/** Which records: by either name, type and value; what is left out matches all. */
export interface RecordFilter {
  readonly name?: string | undefined;
  readonly fqdn?: string | undefined;
  readonly type?: string | undefined;
  readonly value?: string | undefined;
}

/** Names are compared so. */
export const plain = (name: string) => name.toLowerCase().replace(/\.$/, "");

/** What a zone asks of the account it is in. */
interface Account {
  /** A number in digits that nothing else has. */
  newId(): string;
  /** Something changed. */
  touch(): void;
}

/** The records of one zone, kept in the order they were made. */
export class FakeZone {
  readonly id: string;
  readonly name: string;
  #records: FakeRecord[] = [];
  readonly #account: Account;

  constructor(account: Account, id: string, name: string) {
    this.#account = account;
    this.id = id;
    this.name = name;
  }

  /** All records in the order they were made. */
  get records(): readonly FakeRecord[] {
    return this.#records;
  }

  /** The records that match; names in any case, with or without a trailing dot. */
  list(filter: RecordFilter = {}): readonly FakeRecord[] {
    const fqdn = filter.fqdn ?? (filter.name === undefined ? undefined : this.#fqdn(filter.name));
    return this.#records.filter(
      (record) =>
        (fqdn === undefined || record.fqdn === plain(fqdn)) &&
        (filter.type === undefined || record.type === filter.type) &&
        (filter.value === undefined || record.value === filter.value),
    );
  }

  /** The values of a record set, in order; where there is none, those of the name `*` (APIs whose values stand at every name). */
  values(fqdn: string, type = "TXT"): readonly string[] {
    const own = this.list({ fqdn, type });
    return (own.length > 0 ? own : this.list({ name: "*", type })).map((record) => record.value);
  }

  /**
   * Adds one record and answers it. Duplicates are kept, as many APIs do; where the vendor refuses them, say
   * `duplicates: "refuse"` (a 409).
   *
   * @throws Refusal 422 for a whole name outside the zone or an empty name, 409 for a refused duplicate.
   */
  add(record: NewRecord, how: { readonly duplicates?: "keep" | "refuse" } = {}): FakeRecord {
    const made = this.#make(record);
    if (how.duplicates === "refuse" && this.list(made).length > 0) throw new Refusal(409, "the record exists");
    this.#records = [...this.#records, made];
    this.#account.touch();
    return made;
  }

  /** Changes one record in place. @throws Refusal 404 when there is none with this id. */
  change(id: string | number, change: { readonly value?: string; readonly ttl?: number }): FakeRecord {
    const old = this.#find(id);
    const made = { ...old, ...change };
    this.#records = this.#records.map((record) => (record === old ? made : record));
    this.#account.touch();
    return made;
  }

  /** Removes one record. @throws Refusal 404 when there is none with this id. */
  remove(id: string | number): FakeRecord {
    const old = this.#find(id);
    this.#records = this.#records.filter((record) => record !== old);
    this.#account.touch();
    return old;
  }

  /** Removes all records that match and says how many. */
  removeAll(filter: RecordFilter): number {
    const gone = new Set(this.list(filter));
    if (gone.size > 0) {
      this.#records = this.#records.filter((record) => !gone.has(record));
      this.#account.touch();
    }
    return gone.size;
  }

  /** Replaces a whole record set; no values remove it. */
  replace(
    set: { readonly name: string } | { readonly fqdn: string },
    values: readonly string[],
    ttl?: number,
    type = "TXT",
  ) {
    this.removeAll({ ...set, type });
    for (const value of values) this.add({ ...set, type, value, ...(ttl === undefined ? {} : { ttl }) });
    this.#account.touch();
  }

  /** Replaces every record of the zone. */
  replaceZone(records: readonly NewRecord[]) {
    this.#records = records.map((record) => this.#make(record));
    this.#account.touch();
  }

  /** For the kit: sets the records without a look. */
  restore(records: readonly FakeRecord[]) {
    this.#records = [...records];
  }

  #fqdn(name: string) {
    return name === "@" || name === "" ? this.name : `${plain(name)}.${this.name}`;
  }

  #find(id: string | number) {
    const record = this.#records.find((candidate) => candidate.id === String(id));
    if (record === undefined) throw new Refusal(404, `no record ${id} in ${this.name}`);
    return record;
  }

  #make(record: NewRecord): FakeRecord {
    const fqdn = plain("fqdn" in record ? record.fqdn : this.#fqdn(record.name));
    if (typeof record.value !== "string") throw new Refusal(422, "a record needs a value");
    if (fqdn !== this.name && !fqdn.endsWith(`.${this.name}`)) throw new Refusal(422, `${fqdn} is not in ${this.name}`);
    return {
      id: this.#account.newId(),
      name: fqdn === this.name ? "@" : fqdn.slice(0, -this.name.length - 1),
      fqdn,
      type: record.type ?? "TXT",
      value: record.value,
      ttl: Number(record.ttl ?? 3600),
    };
  }
}
