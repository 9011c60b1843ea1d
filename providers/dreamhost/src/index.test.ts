import { type ApiRequest, answer, conformance, type FakeDns } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

const words: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  403: "invalid_api_key",
  404: "no_such_zone",
  409: "CNAME_must_be_only_record",
  429: "slow_down_bucko",
};
const success = (data: unknown) => ({ result: "success", data });
const error = (data: string) => ({ result: "error", data });
const listed = (dns: FakeDns) =>
  dns.zones.flatMap((zone) => [
    { account_id: "1", zone: zone.name, record: zone.name, type: "NS", value: "ns1.dreamhost.com.", editable: "0" },
    ...zone.records.map(({ fqdn: record, type, value }) => ({ zone: zone.name, record, type, value, editable: "1" })),
  ]);

/** The zone and the record that a request names, if it is there. */
function named({ form }: ApiRequest, dns: FakeDns) {
  const { record: fqdn = "", type = "", value = "" } = form;
  const zone = dns.zoneFor(fqdn);
  return { zone, record: { fqdn, type, value }, there: zone.list({ fqdn, type, value }).length > 0 };
}

// https://help.dreamhost.com/hc/en-us/articles/217555707-DNS-API-commands
conformance(provider, {
  test,
  api: {
    auth: ({ form }, { apiKey }) => form.key === apiKey && form.format === "json",
    errors: ({ status, message }) => (words[status] ? error(words[status]) : answer(status, error(message))),
    routes: {
      "POST /?cmd=dns-list_records": (_, dns) => success(listed(dns)),
      "POST /?cmd=dns-add_record": (request, dns) => {
        const { zone, record, there } = named(request, dns);
        if (there) return error("record_already_exists_remove_first");
        zone.add(record);
        return success("record_added");
      },
      "POST /?cmd=dns-remove_record": (request, dns) => {
        const { zone, record, there } = named(request, dns);
        if (!there) return error("no_such_value");
        zone.removeAll(record);
        return success("record_removed");
      },
    },
  },
});
