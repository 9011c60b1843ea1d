import { answer, conformance, demand, type FakeZone } from "@certwright/provider-test";
import { test } from "vitest";
import provider from "./index.ts";

interface Entry {
  readonly Name: string;
  readonly Type: string;
  readonly RData: string;
  readonly TTL: number;
}

const entries = ({ records }: FakeZone): Entry[] =>
  records.map(({ name, type, value, ttl }) => ({ Name: name, Type: type, RData: value, TTL: ttl }));
const hash = (zone: FakeZone) => `hash-${zone.records.map(({ id }) => id).join("-")}`;
const item = (zone: FakeZone) => ({
  ID: zone.id,
  Name: zone.name,
  Settings: { DNS: { ResourceRecordSets: entries(zone), MonitoringSuiteLog: { Enabled: "True" } } },
  SettingsHash: hash(zone),
  Status: { Zone: zone.name, NS: ["ns1.gslb2.sakura.ne.jp", "ns2.gslb2.sakura.ne.jp"] },
  Provider: { Class: "dns", Name: "gslb2.sakura.ne.jp" },
});

// https://developer.sakura.ad.jp/cloud/api/1.1/
conformance(provider, {
  test,
  api: {
    auth: ({ basic }, { accessToken, accessTokenSecret }) =>
      basic?.user === accessToken && basic.password === accessTokenSecret,
    errors: ({ status, message }) =>
      answer(status, { is_fatal: true, serial: "4d9d8375", status: `${status}`, error_code: "x", error_msg: message }),
    routes: {
      "GET /commonserviceitem": ({ rawUrl }, dns) => {
        const { From, Count, Filter } = JSON.parse(decodeURIComponent(rawUrl.split("?")[1] ?? ""));
        demand(Filter["Provider.Class"] === "dns", "bad request", 400);
        const { items, total } = dns.paged(dns.zones, { offset: From, size: Count, max: 100 });
        return { From, Count: items.length, Total: total, CommonServiceItems: items.map(item), is_ok: true };
      },
      "GET /commonserviceitem/:zone": ({ params }, dns) => ({
        CommonServiceItem: item(dns.zone(params.zone)),
        is_ok: true,
      }),
      "PUT /commonserviceitem/:zone": ({ params, json }, dns) => {
        const zone = dns.zone(params.zone);
        const { Settings, SettingsHash } = json.CommonServiceItem;
        demand(SettingsHash === hash(zone), "the settings have changed", 409);
        demand(Settings.DNS.MonitoringSuiteLog?.Enabled === "True", "the monitoring would be switched off", 400);
        const sets: Entry[] = Settings.DNS.ResourceRecordSets;
        zone.replaceZone(
          sets.map(({ Name, Type, RData, TTL }) => ({ name: Name, type: Type, value: RData, ttl: TTL })),
        );
        return { CommonServiceItem: item(zone), Success: true, is_ok: true };
      },
    },
  },
});
