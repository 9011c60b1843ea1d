import { defineProvider, quote, type TxtRecord, type Zone } from "@certwright/provider";

/** The records as lines of a zone file, which every panel's help explains. */
const lines = (records: readonly TxtRecord[]) =>
  records.map(({ fqdn, ttl, value }) => `  ${fqdn}. ${ttl} IN TXT ${quote(value)}`).join("\n");

export default defineProvider({
  id: "manual",
  name: "By hand",
  website: "https://www.rfc-editor.org/rfc/rfc8555#section-8.4",
  docs: "https://www.rfc-editor.org/rfc/rfc8555#section-8.4",
  options: {},
  traits: { granularity: "record", minTtl: 1, concurrency: "serial", propagation: 600 },
  permissions: "None, since the person at the terminal makes the changes.",
  tested: { by: "contract", against: "a person who does as told", on: "2026-11-24" },
  create(_options, { ask }) {
    const add = (zone: Zone, records: readonly TxtRecord[]) =>
      ask(`Add to the zone ${zone.name}, beside the records that are there:\n${lines(records)}`);
    const remove = (zone: Zone, records: readonly TxtRecord[]) =>
      ask(`Remove from the zone ${zone.name}, and leave all others:\n${lines(records)}`);
    return {
      add: (record) => add(record.zone, [record]),
      remove: (record) => remove(record.zone, [record]),
      addAll: add,
      removeAll: remove,
    };
  },
});
