import { readFleetState } from "@certwright/core/store";
import { findNodes, pushToFleet } from "@certwright/haproxy";
import { expect, test } from "vitest";
import {
  certificatesOf,
  createFleetWorld,
  fingerprintAt,
  fleetOf,
  issueAll,
  startLoad,
  startNode,
} from "./fleet-fixture.ts";
import { ca } from "./haproxy-fixture.ts";

const startNodes = async (stack: AsyncDisposableStack, count: number, certificates: ReturnType<typeof issueAll>) =>
  Promise.all(Array.from({ length: count }, async () => stack.use(await startNode(certificates))));
const targetOf = ({ adminSocket }: { adminSocket: string }) => `haproxy:${adminSocket}`;

test("a fleet under load: nodes that fall in the middle end up right by themselves, and nobody sees a wrong certificate", async () => {
  await using stack = new AsyncDisposableStack();
  const before = issueAll(ca, 20);
  const renewed = issueAll(ca, 20);
  const nodes = await startNodes(stack, 5, before);
  const [first, second, ...up] = nodes;
  const fleet = fleetOf(nodes.map(targetOf));
  const { world, pass } = createFleetWorld();
  const right = new Map(
    before.map(({ names: [name = ""], fingerprint256 }, index) => [
      name,
      new Set([fingerprint256, renewed[index]?.fingerprint256 ?? ""]),
    ]),
  );
  const load = startLoad(
    up.map(({ ports }) => ports.web ?? 0),
    right,
  );

  // Two fall while certificates are on their way: after a few were loaded, whatever they have then.
  let loaded = 0;
  const certificates = certificatesOf(renewed);
  const falling = {
    ...certificates,
    load: async (name: string) => {
      loaded += 1;
      if (loaded === 5) await Promise.all([first?.kill(), second?.kill()]);
      return certificates.load(name);
    },
  };
  const found = await findNodes(fleet.source, world);
  const report = await pushToFleet(fleet, found, falling, { insist: false }, world);
  expect(report.nodes.map(({ failed }) => failed > 0)).toEqual([true, true, false, false, false]);
  expect(report.nodes.slice(2).map(({ updated }) => updated)).toEqual([20, 20, 20]);
  for (const without of report.lacking.values())
    expect([first?.adminSocket, second?.adminSocket]).toEqual(expect.arrayContaining([...without]));
  for (const { ports } of up)
    for (const {
      names: [name = ""],
      fingerprint256,
    } of renewed)
      expect(await fingerprintAt(ports.web ?? 0, name)).toBe(fingerprint256);

  // Not before their time: what is down is not asked again and again.
  const early = await pushToFleet(fleet, found, certificates, { insist: false }, world);
  expect(early.nodes.map(({ updated, failed }) => updated + failed)).toEqual([0, 0, 0, 0, 0]);
  expect(early.lacking).toEqual(report.lacking);

  // They come back with the files they had, and what is due by then is done without a word from anybody.
  for (const node of [first, second]) await node?.restart();
  pass(61_000);
  const late = await pushToFleet(fleet, found, certificates, { insist: false }, world);
  expect(late.lacking.size).toBe(0);
  for (const { ports } of nodes)
    for (const {
      names: [name = ""],
      fingerprint256,
    } of renewed)
      expect(await fingerprintAt(ports.web ?? 0, name)).toBe(fingerprint256);
  for (const {
    names: [name = ""],
    fingerprint256,
  } of renewed) {
    const { nodes: states } = await readFleetState(world.store, "edge", name);
    expect(states.map((state) => [state.failures, state.accepted?.fingerprint256])).toEqual(
      nodes.map(() => [0, fingerprint256]),
    );
  }

  expect(await load.stop()).toMatchObject({ failed: [], wrong: [] });
});
