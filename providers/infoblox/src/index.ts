import { defineProvider, ProviderError, path, quote, sameName, type TxtRecord, unquote } from "@certwright/provider";

/** Text with spaces must stand in quotes; without them it may stand bare, and is answered so. */
const written = (value: string) => (/^[!#-[\]-~]{1,255}$/.test(value) ? value : quote(value));

export default defineProvider({
  id: "infoblox",
  name: "Infoblox NIOS",
  website: "https://www.infoblox.com",
  docs: "https://demogm1.infoblox.com/wapidoc/",
  options: {
    endpoint: {
      description: "Address of the grid manager",
      env: ["INFOBLOX_HOST", "Infoblox_Server"],
      type: "url",
      example: "https://grid.example.com",
    },
    username: { description: "User of the grid manager", env: ["INFOBLOX_USERNAME"] },
    password: { description: "Password of that user", env: ["INFOBLOX_PASSWORD"], secret: true },
    view: {
      description: "DNS view that holds the zone",
      env: ["INFOBLOX_DNS_VIEW", "Infoblox_View"],
      default: "External",
    },
    wapiVersion: { description: "Version of the WAPI", env: ["INFOBLOX_WAPI_VERSION"], default: "2.11" },
  },
  traits: { granularity: "record", concurrency: "name", minTtl: 1 },
  permissions: "A user with API access who may read and write TXT records of this zone and read the zone itself.",
  tested: {
    by: "contract",
    against: "https://demogm1.infoblox.com/wapidoc/",
    on: "2026-11-24",
  },
  create({ username, password, view, wapiVersion }, { http }) {
    const api = http({ basic: { user: username, password } });
    const wapi = path`/wapi/v${wapiVersion}`;
    async function find({ fqdn, value }: TxtRecord): Promise<string | undefined> {
      const found = await api.get(`${wapi}/record:txt`, { query: { name: fqdn, view, _return_fields: "name,text" } });
      const isOurs = found
        .list()
        .find((record) => sameName(record.text("name"), fqdn) && unquote(record.text("text")) === value);
      return isOurs && opaque(isOurs.text("_ref"));
    }
    return {
      async *zones(candidates) {
        for (const fqdn of candidates) {
          const found = await api.get(`${wapi}/zone_auth`, { query: { fqdn, view, _return_fields: "fqdn" } });
          for (const zone of found.list()) yield zone.text("fqdn");
        }
      },
      async add(record) {
        const known = await find(record);
        if (known !== undefined) return known;
        const { fqdn, value, ttl } = record;
        const body = { name: fqdn, text: written(value), ttl, use_ttl: true, view };
        return opaque((await api.post(`${wapi}/record:txt`, body, { repeat: false })).text());
      },
      async remove(record) {
        const id = await find(record);
        if (id !== undefined) await api.delete(wapi + path`/record:txt/${id}`, { absent: null });
      },
    };
  },
});

/** The part of a reference that identifies: what follows its colon is for people, and ignored when sent. */
function opaque(reference: string): string {
  const id = /^record:txt\/([^:/]+)/.exec(reference)?.[1];
  if (id === undefined)
    throw new ProviderError("PROVIDER_BAD_ANSWER", "Infoblox answered no reference to a TXT record");
  return id;
}
