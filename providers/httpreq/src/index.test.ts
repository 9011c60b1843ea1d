import { conformance, demand } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

conformance(provider, {
  test,
  options: { username: "certwright", password: "planted-password-5e7c19a4d2" },
  api: {
    auth: ({ basic }, { username, password }) => basic?.user === username && basic?.password === password,
    routes: {
      "POST /present": ({ json: { fqdn, value } }, dns) => {
        demand(fqdn.endsWith("."), "fqdn must be whole");
        const zone = dns.zoneFor(fqdn);
        if (!zone.values(fqdn).includes(value)) zone.add({ fqdn, value });
      },
      "POST /cleanup": ({ json: { fqdn, value } }, dns) =>
        void dns.zoneFor(fqdn).removeAll({ fqdn, type: "TXT", value }),
    },
  },
});
