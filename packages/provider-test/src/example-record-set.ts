import { defineProvider, path, quote, unquote } from "@certwright/provider";

/** An API that replaces all values of a name; the zone is a parameter, so the host finds it by the DNS. */
// biome-ignore lint/style/noDefaultExport: what a provider package looks like
export default defineProvider({
  id: "example-record-set",
  name: "Example of record sets",
  website: "https://set.example",
  docs: "https://set.example/docs",
  endpoint: "https://set.example/api",
  options: {
    user: { description: "Name of the account", env: ["EXAMPLE_SET_USER"] },
    password: { description: "Password of the account", env: ["EXAMPLE_SET_PASSWORD"], secret: true },
  },
  traits: { granularity: "recordSet", minTtl: 300 },
  permissions: "An account that may change the zone.",
  tested: { by: "contract", against: "packages/provider-test/src/example-apis.ts", on: "2026-11-24" },
  create({ user, password }, { http }) {
    const api = http({ basic: { user, password } });
    return {
      async get({ zone, fqdn }) {
        const set = await api.get(path`/zone/${zone.name}/${fqdn}/TXT`, { absent: { values: [] } });
        return set.list("values").map((value) => unquote(value.text()));
      },
      async set({ zone, fqdn, ttl }, values) {
        const to = path`/zone/${zone.name}/${fqdn}/TXT`;
        if (values.length === 0) await api.delete(to, { absent: null });
        else await api.put(to, { ttl, values: values.map(quote) });
      },
    };
  },
});
