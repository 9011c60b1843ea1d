import { answer, conformance, text } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const done = (changed: boolean, zone: string) => text(changed ? `updated DNS: ${zone}\n` : "OK");

// https://mailinabox.email/api-docs.html, the section on custom DNS records
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { email, password }) => basic?.user === email && basic.password === password,
    errors: ({ status, message }, { headers }) =>
      headers.accept === "*/*" || status >= 404
        ? text(`${message}\n`, status)
        : answer(status, { status: "error", reason: message }),
    routes: {
      "GET /admin/dns/zones": (_request, dns) => dns.zones.map(({ name }) => name),
      "POST /admin/dns/custom/:name/TXT": ({ params, text: value }, dns) => {
        const zone = dns.zoneFor(params.name ?? "");
        const isNew = !zone.values(params.name ?? "").includes(value.trim());
        if (isNew) zone.add({ fqdn: params.name ?? "", value: value.trim() });
        return done(isNew, zone.name);
      },
      "DELETE /admin/dns/custom/:name/TXT": ({ params, text: value }, dns) => {
        const zone = dns.zoneFor(params.name ?? "");
        return done(zone.removeAll({ fqdn: params.name, type: "TXT", value: value.trim() }) > 0, zone.name);
      },
    },
  },
});
