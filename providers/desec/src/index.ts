import { defineProvider, path, quote, type TxtRecordSet, unquote } from "@certwright/provider";

/** One record set of a bulk change; no records delete it. */
const change = ({ name, ttl }: TxtRecordSet, values: readonly string[]) => ({
  subname: name === "@" ? "" : name,
  type: "TXT",
  ttl,
  records: values.map(quote),
});

export default defineProvider({
  id: "desec",
  name: "deSEC",
  website: "https://desec.io",
  docs: "https://desec.readthedocs.io/en/latest/",
  endpoint: "https://desec.io/api/v1",
  options: {
    token: { description: "API token", env: ["DESEC_TOKEN", "DEDYN_TOKEN"], secret: true },
  },
  // The domain's minimum_ttl, 3600 unless support lowered it. Writes are limited per domain, so one at a time.
  traits: { granularity: "recordSet", minTtl: 3600, concurrency: "zone" },
  permissions:
    "A token with a policy that allows writing TXT records at _acme-challenge of the domain, and nothing else.",
  tested: { by: "contract", against: "https://desec.readthedocs.io/en/latest/dns/rrsets.html", on: "2026-11-24" },
  create({ token }, { http }) {
    const api = http({ headers: { authorization: `Token ${token}` } });
    return {
      async zones([name]) {
        const domains = await api.get("/domains/", { query: { owns_qname: name } });
        return domains.list().map((domain) => domain.text("name"));
      },
      async get({ zone, name }) {
        const set = await api.get(path`/domains/${zone.name}/rrsets/${name}/TXT/`, { absent: { records: [] } });
        return set.list("records").map((record) => unquote(record.text()));
      },
      async set(set, values) {
        await api.patch(path`/domains/${set.zone.name}/rrsets/`, [change(set, values)]);
      },
      async setAll(zone, sets) {
        await api.patch(
          path`/domains/${zone.name}/rrsets/`,
          sets.map(({ set, values }) => change(set, values)),
        );
      },
    };
  },
});
