import { type DefinedProvider, openProvider } from "@certwright/provider";
import { expect, test } from "vitest";
import provider from "./index.ts";

const noZones = `<?xml version="1.0"?>
<ListHostedZonesByNameResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesByNameResponse>`;

// https://docs.aws.amazon.com/general/latest/gr/r53.html: one endpoint a partition, signed for its one region.
test.each([
  ["eu-west-1", "route53.amazonaws.com", "us-east-1"],
  ["cn-north-1", "route53.amazonaws.com.cn", "cn-northwest-1"],
  ["us-gov-east-1", "route53.us-gov.amazonaws.com", "us-gov-west-1"],
])("region %s asks %s, signed for %s", async (region, host, signedFor) => {
  const asked: string[] = [];
  const handle = await openProvider(provider as unknown as DefinedProvider, {
    instance: "route53",
    options: {
      region,
      privateZone: false,
      accessKeyId: "AKIAEXAMPLE",
      secretAccessKey: "s",
      endpoint: provider.endpoint,
    },
    host: {
      async fetch(input, init) {
        const { url, headers } = new Request(input, init);
        const [, scope] = /\/([a-z0-9-]+)\/route53\/aws4_request/.exec(headers.get("authorization") ?? "") ?? [];
        asked.push(`${new URL(url).host} ${scope}`);
        return new Response(noZones, { headers: { "content-type": "text/xml" } });
      },
      signal: new AbortController().signal,
      sleep: () => Promise.resolve(),
      now: () => Date.parse("2026-11-24T00:00:00Z"),
      random: () => 0,
      readFile: () => Promise.reject(new Error("no file is needed")),
    },
  });
  expect(await handle.findZone("example.com", ["example.com"])).toBe(undefined);
  expect(asked).toEqual([`${host} ${signedFor}`]);
});
