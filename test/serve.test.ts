import { readFile } from "node:fs/promises";
import { type CertificateResult, type CertificateSpec, serve, unkept } from "@certwright/core";
import pdns from "@certwright/dns-pdns";
import { startPebble, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { specFor, startEngine } from "./engine.ts";

test("the service issues, leaves a bad certificate behind, follows its configuration, and stops when told", async () => {
  await using dns = await startPowerdns({ zones: ["example.test"] });
  await using ca = await startPebble({ dnsServer: dns.address, domainBlocklist: ["bad.example.test"] });
  const controller = new AbortController();
  await using engine = await startEngine({
    dns: dns.address,
    caPem: await readFile(ca.caFile, "utf8"),
    providers: [pdns],
    options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
    signal: controller.signal,
  });
  const spec = (name: string): CertificateSpec =>
    specFor(
      [name],
      { directoryUrl: ca.directoryUrl },
      { challenges: [{ type: "dns-01", provider: "pdns" }], nameserver: dns.address },
    );
  let specs = [spec("a.example.test"), spec("bad.example.test")];
  let change = Promise.withResolvers<void>();
  const looks: (CertificateResult & { next: Date })[] = [];
  const seen = (name: string): Promise<CertificateResult & { next: Date }> =>
    expect
      .poll(() => looks.find(({ certificate }) => certificate === name))
      .toBeDefined()
      .then(() => {
        const found = looks.find(({ certificate }) => certificate === name);
        if (found === undefined) throw new Error("it was there a moment ago");
        return found;
      });
  const run = await engine.run();
  const serving = serve(
    {
      parallel: 2,
      interval: 600_000,
      load: async () => specs,
      changed: (signal) => {
        const stopped = new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => resolve(), { once: true }),
        );
        return Promise.race([change.promise, stopped]);
      },
      onLook: (result, next) => looks.push({ ...result, next }),
      onBadConfig: (error) => {
        throw error;
      },
    },
    run,
  );
  expect(await seen("a.example.test")).toMatchObject({ outcome: "issued" });
  const bad = await seen("bad.example.test");
  expect(bad).toMatchObject({ outcome: "failed", error: { code: "ACME_REJECTED_IDENTIFIER" } });
  expect(bad.next.getTime()).toBeGreaterThan(Date.now());

  specs = [spec("b.example.test")];
  const before = change;
  change = Promise.withResolvers();
  before.resolve();
  expect(await seen("b.example.test")).toMatchObject({ outcome: "issued" });
  expect(await unkept(specs, run)).toEqual(["a.example.test"]);

  controller.abort(new Error("stop"));
  await serving;
});
