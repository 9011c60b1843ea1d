import { defineProvider, path, quote, sameName, type TxtRecordSet, unquote } from "@certwright/provider";

export default defineProvider({
  id: "pdns",
  name: "PowerDNS",
  aliases: ["powerdns"],
  website: "https://www.powerdns.com",
  docs: "https://doc.powerdns.com/authoritative/http-api/",
  options: {
    endpoint: {
      description: "Address of the server's web service",
      env: ["PDNS_API_URL", "PDNS_Url"],
      type: "url",
      example: "http://127.0.0.1:8081",
    },
    apiKey: {
      description: "The api-key of the server's configuration",
      env: ["PDNS_API_KEY", "PDNS_Token"],
      secret: true,
    },
    server: {
      description: "Name of the server in the API's paths",
      env: ["PDNS_SERVER_NAME", "PDNS_ServerId"],
      default: "localhost",
    },
  },
  traits: { granularity: "recordSet", minTtl: 1, concurrency: "name" },
  permissions:
    "PowerDNS has one key for everything, so where that is too much a proxy must allow PATCH of the zone only.",
  tested: { by: "server", against: "PowerDNS Authoritative Server 5.1", on: "2026-11-24" },
  create({ apiKey, server }, { http }) {
    const api = http({ headers: { "x-api-key": apiKey } });
    const zones = path`/api/v1/servers/${server}/zones`;
    const zonePath = (id: string) => zones + path`/${id}`;
    let version: string | undefined;

    /** TXT contents as this server reads them: since 5.1 it resolves escapes once more than it writes them itself. */
    async function contents(values: readonly string[]): Promise<readonly string[]> {
      const quotedOnce = values.map(quote);
      if (!quotedOnce.some((text) => text.includes("\\"))) return quotedOnce;
      version ??= (await api.get(path`/api/v1/servers/${server}`)).text("version");
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const twice = major > 5 || (major === 5 && minor >= 1);
      return twice ? quotedOnce.map((text) => text.replaceAll("\\", "\\\\")) : quotedOnce;
    }

    /** One element of `rrsets` in a PATCH: the whole set, or its end. */
    async function change({ fqdn, ttl }: TxtRecordSet, values: readonly string[]) {
      const set = { name: `${fqdn}.`, type: "TXT" };
      if (values.length === 0) return { ...set, changetype: "DELETE" };
      const records = (await contents(values)).map((content) => ({ content }));
      return { ...set, ttl, changetype: "REPLACE", records };
    }

    return {
      async *zones(candidates) {
        for (const name of candidates) {
          const found = await api.get(zones, { query: { zone: `${name}.` } });
          for (const zone of found.list()) yield { name: zone.text("name"), id: zone.id("id") };
        }
      },
      async get({ zone, fqdn }) {
        const answer = await api.get(zonePath(zone.id), { query: { rrset_name: `${fqdn}.`, rrset_type: "TXT" } });
        // Servers that do not know the filter answer the whole zone.
        const sets = answer
          .list("rrsets")
          .filter((set) => set.text("type") === "TXT" && sameName(set.text("name"), fqdn));
        return sets.flatMap((set) => set.list("records").map((record) => unquote(record.text("content"))));
      },
      async set(set, values) {
        await api.patch(zonePath(set.zone.id), { rrsets: [await change(set, values)] });
      },
      async setAll(zone, sets) {
        const rrsets = await Promise.all(sets.map(({ set, values }) => change(set, values)));
        await api.patch(zonePath(zone.id), { rrsets });
      },
    };
  },
});
