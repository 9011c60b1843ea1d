import { type DefinedProvider, openProvider } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const set = (status: string) => ({ id: "s1", name: "_acme-challenge.example.com.", type: "TXT", status });

// https://support.huaweicloud.com/intl/en-us/api-dns/ListRecordSetsByZone.html: PENDING_CREATE, then ACTIVE.
test("is in sync once no TXT record set of the zone is pending", async () => {
  const states = ["PENDING_CREATE", "ACTIVE"];
  const asked: string[] = [];
  const handle = await openProvider(provider as unknown as DefinedProvider, {
    instance: "huaweicloud",
    options: { accessKeyId: "id", secretAccessKey: "secret", region: "cn-north-4", endpoint: provider.endpoint },
    host: {
      async fetch(input) {
        asked.push(String(input instanceof Request ? input.url : input));
        return Response.json({ recordsets: [set(states.shift() ?? "")], metadata: { total_count: 1 } });
      },
      signal: new AbortController().signal,
      sleep: () => Promise.resolve(),
      now: () => Date.parse("2026-11-24T00:00:00Z"),
      random: () => 0,
      readFile: () => Promise.reject(new Error("no file is needed")),
    },
  });
  const zone = { name: "example.com", id: "z1" };
  expect(await handle.inSync?.(zone)).toBe(false);
  expect(await handle.inSync?.(zone)).toBe(true);
  // The region's API, and the whole zone's TXT records.
  const url = "https://dns.cn-north-4.myhuaweicloud.com/v2/zones/z1/recordsets?limit=500&offset=0&type=TXT";
  expect(asked).toEqual([url, url]);
});
