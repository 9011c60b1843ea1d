import {
  defineProvider,
  isCertwrightError,
  ProviderError,
  path,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
  type Zone,
} from "@certwright/provider";

const limit = "The API does not say how it takes double quotes and backslashes inside a TXT value.";

/** The value as the API takes it: bare, although it answers it in quotes. */
function content({ value }: TxtRecord): string {
  if (/["\\]/.test(value)) throw new ProviderError("PROVIDER_UNSUPPORTED", limit);
  return value;
}

/** The records that have not got this name and value. */
const others = (records: readonly Reply[], gone: readonly TxtRecord[]) =>
  records.filter((record) => !gone.some(({ value }) => unquote(record.text("content")) === value));

export default defineProvider({
  id: "hostinger",
  name: "Hostinger",
  website: "https://www.hostinger.com",
  docs: "https://developers.hostinger.com/#tag/dns-zone",
  endpoint: "https://developers.hostinger.com",
  options: { token: { description: "API token", env: ["HOSTINGER_API_TOKEN"], secret: true } },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60, limits: { specialCharacters: limit } },
  permissions: "An API token of the account; it has all rights of its user and cannot be limited.",
  tested: { by: "contract", against: "https://developers.hostinger.com/#tag/dns-zone", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ bearer: token });
    const pathOf = ({ name }: Zone) => path`/api/dns/v1/zones/${name}`;
    const textSets = async (zone: Zone) =>
      (await api.get(pathOf(zone))).list().filter((set) => set.text("type") === "TXT");
    const isAt = (set: Reply, { name }: TxtRecord) => sameName(set.text("name"), name);

    async function addAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const sets = await textSets(zone);
      const missing = records.filter((record) =>
        sets.every(
          (set) => !isAt(set, record) || others(set.list("records"), [record]).length === set.list("records").length,
        ),
      );
      if (missing.length === 0) return;
      const byName = Object.values(Object.groupBy(missing, ({ name }) => name)).flatMap((group = []) => [group]);
      const entries = byName.map((group) => {
        const contents = group.map((record) => ({ content: content(record) }));
        return { name: group[0]?.name, type: "TXT", ttl: group[0]?.ttl, records: contents };
      });
      await api.put(pathOf(zone), { overwrite: false, zone: entries }, { repeat: false });
    }

    /** There is no call for one value: what stays of a set is written back as it was read. */
    async function removeAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const changed = (await textSets(zone)).flatMap((set) => {
        const before = set.list("records");
        const after = others(
          before,
          records.filter((record) => isAt(set, record)),
        );
        return after.length === before.length ? [] : [{ set, after }];
      });
      const kept = changed.flatMap(({ set, after }) => {
        const contents = after.map((record) => ({ content: record.text("content") }));
        const entry = { name: set.text("name"), type: "TXT", ttl: set.number("ttl"), records: contents };
        return after.length === 0 ? [] : [entry];
      });
      const filters = changed.flatMap(({ set, after }) =>
        after.length === 0 ? [{ name: set.text("name"), type: "TXT" }] : [],
      );
      if (kept.length > 0) await api.put(pathOf(zone), { overwrite: true, zone: kept });
      if (filters.length === 0) return;
      await api.delete(pathOf(zone), { body: { filters } }).catch((error: unknown) => {
        // Half of it is done then: the host is to look again.
        throw kept.length > 0 && isCertwrightError(error) ? Object.assign(error, { uncertain: true }) : error;
      });
    }

    return {
      add: (record) => addAll(record.zone, [record]),
      remove: (record) => removeAll(record.zone, [record]),
      addAll,
      removeAll,
    };
  },
});
