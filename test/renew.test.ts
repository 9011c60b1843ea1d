import { readFile } from "node:fs/promises";
import { type DeployTarget, renew } from "@certwright/core";
import { readCertificateMeta } from "@certwright/core/store";
import pdns from "@certwright/dns-pdns";
import { CertwrightError } from "@certwright/provider";
import { startPebble, startPowerdns } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { specFor, startEngine } from "./engine.ts";

const plain = { force: false, dryRun: false };

async function startWorld(targets: readonly DeployTarget[]) {
  await using started = new AsyncDisposableStack();
  const dns = started.use(await startPowerdns({ zones: ["example.test"] }));
  const ca = started.use(await startPebble({ dnsServer: dns.address }));
  const engine = started.use(
    await startEngine({
      dns: dns.address,
      caPem: await readFile(ca.caFile, "utf8"),
      providers: [pdns],
      options: { pdns: { apiKey: dns.apiKey, endpoint: dns.apiUrl } },
      targets,
    }),
  );
  const all = started.move();
  const spec = specFor(
    ["a.example.test"],
    { directoryUrl: ca.directoryUrl },
    {
      challenges: [{ type: "dns-01", provider: "pdns" }],
      nameserver: dns.address,
      deploy: targets.map(({ id }) => id),
    },
  );
  return { ca, engine, spec, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test("a target that fails is tried again on its own schedule, with no new order", async () => {
  let down = true;
  const target: DeployTarget = {
    id: "test:node",
    deploy: async () => {
      if (down) throw new CertwrightError("TEST_NODE_DOWN", "the node is down");
      return { action: "updated", served: true };
    },
  };
  await using world = await startWorld([
    target,
    { id: "test:fine", deploy: async () => ({ action: "updated", served: true }) },
  ]);
  const { engine, spec } = world;
  const { store } = await engine.run();
  expect(await renew([spec], plain, await engine.run())).toMatchObject([
    {
      outcome: "issued",
      targets: [
        { target: "test:node", ok: false, error: { code: "TEST_NODE_DOWN" } },
        { target: "test:fine", ok: true },
      ],
    },
  ]);
  expect(engine.of("run.finished")).toMatchObject([{ issued: 1, notDeployed: 1 }]);
  // Too soon: its next try has not come.
  expect(await renew([spec], plain, await engine.run())).toMatchObject([{ outcome: "skipped" }]);
  down = false;
  const run = await engine.run();
  const later = { ...run, world: { ...run.world, now: () => Date.now() + 120_000 } };
  expect(await renew([spec], plain, later)).toMatchObject([
    { outcome: "deployed", targets: [{ target: "test:node", ok: true }] },
  ]);
  expect(engine.of("run.finished").at(-1)).toMatchObject({ issued: 0, deployed: 1, skipped: 0, notDeployed: 0 });
  expect(engine.of("order.created")).toHaveLength(1);
  expect((await readCertificateMeta(store, spec.name))?.targets).toMatchObject([{ failures: 0 }, { failures: 0 }]);
});

test("a target nobody can make sense of is refused before anything is ordered", async () => {
  await using world = await startWorld([]);
  const spec = { ...world.spec, deploy: ["nonsense:/x"] };
  expect(await renew([spec], plain, await world.engine.run())).toMatchObject([{ outcome: "failed" }]);
  expect(await world.ca.requests()).toEqual([]);
});

test("a dry run plans and touches nothing", async () => {
  await using world = await startWorld([]);
  expect(await renew([world.spec], { force: false, dryRun: true }, await world.engine.run())).toMatchObject([
    { outcome: "planned", action: { do: "issue", reason: "not issued yet" } },
  ]);
  expect(await world.ca.requests()).toEqual([]);
});

test("two runs at once issue once", async () => {
  await using world = await startWorld([]);
  const runs = [await world.engine.run(), await world.engine.run()];
  const results = await Promise.all(runs.map((run) => renew([world.spec], plain, run)));
  expect(
    results
      .flat()
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(["issued", "skipped"]);
  expect(world.engine.of("order.created")).toHaveLength(1);
});

test("what failed is not ordered again at once, unless a person insists", async () => {
  await using world = await startWorld([]);
  const bad = {
    ...world.spec,
    dns: { ...world.spec.dns, propagation: { mode: "off" } as const },
    challenges: [{ type: "dns-01", provider: "nobody" }] as const,
  };
  // Never asked of the CA: nothing to wait for.
  expect(await renew([bad], plain, await world.engine.run())).toMatchObject([{ outcome: "failed" }]);
  const blocked = { ...world.spec, name: "b", identifiers: [{ type: "dns", value: "x.nowhere.test" } as const] };
  expect(await renew([blocked], plain, await world.engine.run())).toMatchObject([
    { outcome: "failed", error: { code: "DNS_LOOKUP_FAILED" } },
  ]);
  const asked = (await world.ca.requests()).length;
  expect(await renew([blocked], plain, await world.engine.run())).toMatchObject([
    {
      outcome: "failed",
      error: { code: "LIMIT_BACKOFF", retryAfter: expect.any(Number), hint: expect.stringContaining("--force") },
    },
  ]);
  expect((await world.ca.requests()).length).toBe(asked);
  expect(await renew([blocked], { ...plain, insist: true }, await world.engine.run())).toMatchObject([
    { error: { code: "DNS_LOOKUP_FAILED" } },
  ]);
  expect(await renew([world.spec], plain, await world.engine.run())).toMatchObject([{ outcome: "issued" }]);
});
