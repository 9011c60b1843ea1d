import { type Page, type PageRequest, paged } from "./paged.ts";
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

const plain = (name: string) => name.toLowerCase().replace(/\.$/, "");

/** The records of one zone, kept in the order they were made. */
export class FakeZone {
  readonly id: string;
  readonly name: string;
  #records: FakeRecord[] = [];
  readonly #dns: FakeDns;

  constructor(dns: FakeDns, id: string, name: string) {
    this.#dns = dns;
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
    this.#dns.touch();
    return made;
  }

  /** Changes one record in place. @throws Refusal 404 when there is none with this id. */
  change(id: string | number, change: { readonly value?: string; readonly ttl?: number }): FakeRecord {
    const old = this.#find(id);
    const made = { ...old, ...change };
    this.#records = this.#records.map((record) => (record === old ? made : record));
    this.#dns.touch();
    return made;
  }

  /** Removes one record. @throws Refusal 404 when there is none with this id. */
  remove(id: string | number): FakeRecord {
    const old = this.#find(id);
    this.#records = this.#records.filter((record) => record !== old);
    this.#dns.touch();
    return old;
  }

  /** Removes all records that match and says how many. */
  removeAll(filter: RecordFilter): number {
    const gone = new Set(this.list(filter));
    if (gone.size > 0) {
      this.#records = this.#records.filter((record) => !gone.has(record));
      this.#dns.touch();
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
    this.#dns.touch();
  }

  /** Replaces every record of the zone. */
  replaceZone(records: readonly NewRecord[]) {
    this.#records = records.map((record) => this.#make(record));
    this.#dns.touch();
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
      id: this.#dns.newId(),
      name: fqdn === this.name ? "@" : fqdn.slice(0, -this.name.length - 1),
      fqdn,
      type: record.type ?? "TXT",
      value: record.value,
      ttl: Number(record.ttl ?? 3600),
    };
  }
}

/** All zones an account sees: the state behind a {@link FakeApi}. */
export class FakeDns {
  readonly #now: () => number;
  #zones: FakeZone[] = [];
  #ids = 1000;
  #changes = 0;
  #pageSizes: number[] = [];

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  /** All zones in the order they were made. */
  get zones(): readonly FakeZone[] {
    return this.#zones;
  }

  /** How often a route changed something; a route that changed nothing leaves it as it is. */
  get changes() {
    return this.#changes;
  }

  /** The page sizes `paged` has used so far. */
  get pageSizes(): readonly number[] {
    return this.#pageSizes;
  }

  /** The kit's time in milliseconds since 1970, for APIs with time stamps. */
  now() {
    return this.#now();
  }

  /** Adds a zone; its id is a number in digits unless given. */
  addZone(name: string, id: string = this.newId()): FakeZone {
    const zone = new FakeZone(this, id, plain(name));
    this.#zones.push(zone);
    return zone;
  }

  /** The zone with this id or this name (any case, with or without a trailing dot), or undefined. */
  find(idOrName: string | number | undefined): FakeZone | undefined {
    const key = plain(String(idOrName));
    return this.#zones.find((zone) => zone.id === String(idOrName)) ?? this.#zones.find((zone) => zone.name === key);
  }

  /** The zone with this id or this name. @throws Refusal 404, as the API would for a zone the account does not have. */
  zone(idOrName: string | number | undefined): FakeZone {
    const zone = this.find(idOrName);
    if (zone === undefined) throw new Refusal(404, `no zone ${idOrName}`);
    return zone;
  }

  /** The zone that holds the record with this id, for APIs whose record paths do not name the zone. @throws Refusal 404. */
  zoneOf(recordId: string | number): FakeZone {
    const zone = this.#zones.find(({ records }) => records.some(({ id }) => id === String(recordId)));
    if (zone === undefined) throw new Refusal(404, `no record ${recordId}`);
    return zone;
  }

  /** The deepest zone that holds this name, or undefined: for APIs that look the zone up themselves. */
  owner(fqdn: string | undefined): FakeZone | undefined {
    const name = plain(String(fqdn));
    const fits = this.#zones.filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`));
    return fits.sort((one, other) => other.name.length - one.name.length)[0];
  }

  /** The deepest zone that holds this name. @throws Refusal 404. */
  zoneFor(fqdn: string): FakeZone {
    const zone = this.owner(fqdn);
    if (zone === undefined) throw new Refusal(404, `no zone for ${fqdn}`);
    return zone;
  }

  /** Cuts a list into pages as the API does. See {@link paged}. */
  paged<T>(items: readonly T[], request: PageRequest): Page<T> {
    const page = paged(items, request);
    this.#pageSizes.push(page.size);
    return page;
  }

  /** A number no zone and no record has had yet, in digits. */
  newId(): string {
    this.#ids += 1;
    return String(this.#ids);
  }

  /** Notes a change. */
  touch() {
    this.#changes += 1;
  }

  /** For the kit: what to restore when a fault pretends that the request never arrived. */
  snapshot(): () => void {
    const zones = [...this.#zones];
    const records = zones.map((zone) => zone.records);
    const changes = this.#changes;
    return () => {
      this.#zones = zones;
      zones.forEach((zone, index) => {
        zone.restore(records[index] ?? []);
      });
      this.#changes = changes;
    };
  }

  /** Everything there is, sorted, one line a record; with the TTL, which a TXT set may share with values of ours. */
  dump(): string[] {
    const line = ({ fqdn, type, ttl, value }: FakeRecord) =>
      `${fqdn} ${type === "TXT" ? "" : `${ttl} `}${type} ${value}`;
    return this.#zones.flatMap(({ records }) => records.map(line)).sort();
  }
}
