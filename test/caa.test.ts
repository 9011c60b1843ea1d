import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCaPool, renew } from "@certwright/core";
import { createStandaloneSolver } from "@certwright/http-01";
import { freePort, startBind, startPebble, withTempDir } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { startDnsProxy } from "./dns-proxy.ts";
import { specFor, startEngine } from "./engine.ts";

test("a CA whose account CAA forbids costs no order: the next one is asked, with a warning", async () => {
  await withTempDir(async (dir) => {
    const httpPort = await freePort();
    let bind = "";
    await using dns = await startDnsProxy(
      () => ({ to: bind }),
      () => bind,
    );
    await using first = await startPebble({ dnsServer: dns.address, httpPort });
    await using second = await startPebble({ dnsServer: dns.address, httpPort });
    const cas = await Promise.all(
      [first, second].map(async ({ caFile, directoryUrl }, index) => {
        const roots = join(dir, `${index}.pem`);
        await writeFile(roots, await readFile(caFile));
        return { directoryUrl, caFile: roots };
      }),
    );
    const solver = createStandaloneSolver({ port: httpPort });
    await using engine = await startEngine({
      dns: dns.address,
      caPem: (await Promise.all(cas.map(({ caFile }) => readFile(caFile, "utf8")))).join("\n"),
      solver: () => solver,
    });
    const run = await engine.run();
    const pool = createCaPool(run);
    const clients = await Promise.all(cas.map((ca) => pool.client(ca)));
    const accountUrl = clients[1]?.accountUrl ?? "";
    await pool.close();
    await run.journal.close();
    const issue = `"pebble.letsencrypt.org; accounturi=${accountUrl}"`;
    await using server = await startBind({
      zones: [{ name: "example.test", records: [`@ 60 IN CAA 0 issue ${issue}`, "a 60 IN A 127.0.0.1"] }],
    });
    bind = server.address;

    const spec = specFor(["a.example.test"], cas[0] ?? { directoryUrl: "" }, {
      cas,
      challenges: [{ type: "http-01" }],
    });
    const results = await renew([spec], { force: false, insist: true, dryRun: false }, await engine.run());
    expect(results, JSON.stringify(engine.events.slice(-4))).toMatchObject([{ outcome: "issued" }]);
    expect(engine.of("warning")).toMatchObject([
      { code: "ACME_CAA", message: expect.stringMatching(/names another account than .*; asking https/) },
    ]);
    expect((await first.requests()).filter(({ path }) => path === "/order-plz")).toEqual([]);
  });
});
