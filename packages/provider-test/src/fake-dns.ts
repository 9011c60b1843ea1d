import { type FakeRecord, FakeZone, plain } from "./fake-zone.ts";
import { type Page, type PageRequest, paged } from "./paged.ts";
import { Refusal } from "./refusal.ts";

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
