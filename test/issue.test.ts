import { readFile } from "node:fs/promises";
import { renew } from "@certwright/core";
import { startPebble, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import pdns from "../providers/pdns/src/index.ts";
import { specFor, startEngine } from "./engine.ts";

test("apex and wildcard by PowerDNS's API, stored and cleaned", async () => {
  await using dns = await startPowerdns({ zones: ["example.test"] });
  await using ca = await startPebble({ dnsServer: dns.address });
  await using engine = await startEngine({
    dns: dns.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [pdns],
    options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
  });
  const spec = specFor(
    ["example.test", "*.example.test"],
    { directoryUrl: ca.directoryUrl },
    { challenges: [{ type: "dns-01", provider: "pdns" }], nameserver: dns.address },
  );
  const results = await renew([spec], { force: false, dryRun: false }, await engine.run());
  console.log(engine.events.map((e) => JSON.stringify(e)).join("\n"));
  expect(results).toMatchObject([{ certificate: "example.test", outcome: "issued" }]);
});
