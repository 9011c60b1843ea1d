import { answer, conformance, Refusal } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const words: Readonly<Record<number, string>> = {
  403: "Access was denied.",
  404: "No such zone was found: example.com",
  409: "Cannot add record: record already exists.",
};

// https://github.com/TechnitiumSoftware/DnsServer/blob/master/APIDOCS.md
conformance(provider, {
  test,
  api: {
    auth: ({ form }, { token }) => form.token === token,
    errors: ({ status, message }) => {
      if (status === 429) return answer(429);
      if (status === 401) return { status: "invalid-token", errorMessage: "Invalid token or session expired." };
      const errorMessage = message.startsWith("Cannot") ? message : (words[status] ?? message);
      return { status: "error", errorMessage, stackTrace: "   at DnsServerCore", innerErrorMessage: "" };
    },
    routes: {
      "POST /api/zones/list": ({ form }, dns) => {
        const all = [{ name: "localhost", internal: true }, { name: "" }, ...dns.zones.map(({ name }) => ({ name }))];
        const { items, ...page } = dns.paged(all, { page: form.pageNumber, size: form.zonesPerPage, max: 1000 });
        const zones = items.map((zone) => ({ internal: false, ...zone, type: "Primary", disabled: false }));
        const response = { pageNumber: page.page, totalPages: page.pages, totalZones: page.total, zones };
        return { response, status: "ok" };
      },
      "POST /api/zones/records/add?type=TXT": ({ form: { zone, domain = "", text = "", ttl = "" } }, dns) => {
        if (dns.zone(zone).values(domain).includes(text))
          throw new Refusal(422, "Cannot add record: record already exists.");
        dns.zone(zone).add({ fqdn: domain, value: text, ttl });
        return { response: { zone: { name: zone }, addedRecord: { name: domain, type: "TXT" } }, status: "ok" };
      },
      "POST /api/zones/records/delete?type=TXT": ({ form: { zone, domain = "", text = "" } }, dns) => {
        const gone = dns.zone(zone).removeAll({ fqdn: domain, type: "TXT", value: text });
        if (gone === 0) throw new Refusal(422, "Cannot delete record: no such record exists.");
        return { response: {}, status: "ok" };
      },
    },
  },
});
