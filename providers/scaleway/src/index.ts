import {
  defineProvider,
  path,
  quote,
  type Reply,
  sameName,
  type TxtRecord,
  unquote,
  type Zone,
} from "@certwright/provider";

export default defineProvider({
  id: "scaleway",
  name: "Scaleway",
  website: "https://www.scaleway.com",
  docs: "https://www.scaleway.com/en/developers/api/domains-and-dns/",
  endpoint: "https://api.scaleway.com",
  options: {
    secretKey: { description: "Secret key of an API key", env: ["SCW_SECRET_KEY", "SCALEWAY_API_TOKEN"], secret: true },
    projectId: {
      description: "Id of the project whose zones to use; left out, those of every project the key sees",
      env: ["SCW_PROJECT_ID", "SCALEWAY_PROJECT_ID"],
      optional: true,
    },
  },
  traits: { granularity: "record", concurrency: "zone", minTtl: 60 },
  permissions: "An API key of an application whose policy has DomainsDNSFullAccess for the zone's project.",
  tested: {
    by: "contract",
    against: "https://www.scaleway.com/en/developers/api/domains-and-dns/",
    on: "2026-11-24",
  },
  create({ secretKey, projectId }, { http }) {
    const api = http({ headers: { "x-auth-token": secretKey } });
    const pages = (to: string, list: string, query: object) =>
      api.pages(to, {
        query: { ...query, page_size: 100 },
        items: (reply) => reply.list(list),
        next: ({ reply, page }) => (page * 100 < reply.number("total_count") ? { page: page + 1 } : undefined),
      });
    const recordsOf = ({ name }: Zone) => path`/domain/v2beta1/dns-zones/${name}/records`;

    /** For each record the one in the zone that equals it, or undefined. */
    async function find(zone: Zone, records: readonly TxtRecord[]): Promise<(Reply | undefined)[]> {
      const present: Reply[] = [];
      for await (const found of pages(recordsOf(zone), "records", { type: "TXT" })) present.push(found);
      return records.map(({ name, value }) =>
        present.find((found) => sameName(found.text("name"), name) && unquote(found.text("data")) === value),
      );
    }

    /** All changes or none, in one request. A zone that is gone is not to be made anew by it. */
    async function change(zone: Zone, changes: readonly object[]): Promise<void> {
      if (changes.length === 0) return;
      const body = { changes, disallow_new_zone_creation: true, return_all_records: false };
      await api.patch(recordsOf(zone), body, { repeat: false });
    }

    async function addAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const present = await find(zone, records);
      const missing = records.filter((_, index) => present[index] === undefined);
      const made = missing.map(({ name, value, ttl }) => ({
        name: name === "@" ? "" : name,
        type: "TXT",
        data: quote(value),
        ttl,
      }));
      await change(zone, made.length === 0 ? [] : [{ add: { records: made } }]);
    }

    async function removeAll(zone: Zone, records: readonly TxtRecord[]): Promise<void> {
      const present = await find(zone, records);
      await change(
        zone,
        present.flatMap((found) => (found === undefined ? [] : [{ delete: { id: found.id("id") } }])),
      );
    }

    return {
      async *zones() {
        for await (const zone of pages("/domain/v2beta1/dns-zones", "dns_zones", { project_id: projectId })) {
          const inner = zone.textOrNone("subdomain") ?? "";
          yield inner === "" ? zone.text("domain") : `${inner}.${zone.text("domain")}`;
        }
      },
      add: (record) => addAll(record.zone, [record]),
      remove: (record) => removeAll(record.zone, [record]),
      addAll,
      removeAll,
    };
  },
});
