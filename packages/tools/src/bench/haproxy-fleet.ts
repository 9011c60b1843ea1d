import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { memoryStore } from "@certwright/core/store";
import { createResolver } from "@certwright/dns";
import {
  type Fleet,
  type FleetCertificates,
  type FleetReport,
  type FleetWorld,
  findNodes,
  pushToFleet,
} from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "../servers/index.ts";
import { createTestCa, type TestCertificate } from "../test-ca.ts";

const nodeCount = 20;
const count = 1_000;
const falling = 3;
const dir = "certs";

/**
 * A fleet of 20 HAProxy processes with 1 000 certificates each, renewed while clients shake hands with every node that
 * is up. Three nodes are killed in the middle and started later; then what is due is done, as a service would.
 */
export async function benchFleet(): Promise<readonly string[]> {
  const ca = createTestCa("Bench");
  const issueAll = () => Array.from({ length: count }, (_, i) => ca.issue({ names: [`n${i}.test`, `www.n${i}.test`] }));
  const [before, renewed] = [issueAll(), issueAll()];
  await using stack = new AsyncDisposableStack();
  const nodes: Haproxy[] = [];
  while (nodes.length < nodeCount) nodes.push(stack.use(await startNode(before)));
  const fallen = nodes.slice(0, falling);
  const up = nodes.slice(falling);

  let ahead = 0;
  const world = createWorld(() => Date.now() + ahead);
  const fleet: Fleet = {
    label: "bench",
    source: { kind: "list", targets: nodes.map(({ adminSocket }) => `haproxy:${adminSocket}`) },
    policy: { kind: "all" },
    parallel: nodeCount,
  };
  const found = await findNodes(fleet.source, world);
  const load = startLoad(up, before, renewed);
  let loads = 0;
  const certificates = certificatesOf(renewed, async () => {
    loads += 1;
    if (loads === count / 4) await Promise.all(fallen.map((node) => node.kill()));
  });

  const start = performance.now();
  const first = await pushToFleet(fleet, found, certificates, { insist: false }, world);
  const pushed = performance.now() - start;
  const traffic = await load.stop();
  await verify(up, renewed);

  for (const node of fallen) await node.restart();
  ahead = 61_000;
  const again = performance.now();
  const second = await pushToFleet(fleet, found, certificates, { insist: false }, world);
  const caughtUp = performance.now() - again;
  if (second.lacking.size > 0) throw new Error(`${second.lacking.size} certificates are still lacking somewhere`);
  const verifying = performance.now();
  await verify(nodes, renewed);
  const verified = performance.now() - verifying;

  if (traffic.failed > 0 || traffic.wrong > 0) throw new Error(`of handshakes ${JSON.stringify(traffic)}`);
  return [
    `${nodeCount} nodes, ${count} certificates: ${seconds(pushed)} s; ${sum(first, "updated")} pushes, ${sum(first, "failed")} failed at ${falling} nodes killed in the middle`,
    `meanwhile ${traffic.made} handshakes: ${traffic.failed} failed, ${traffic.wrong} showed a wrong certificate`,
    `after their restart: ${seconds(caughtUp)} s, ${sum(second, "updated")} updated, ${sum(second, "unchanged")} there already; ${nodeCount * count} handshakes right (${seconds(verified)} s)`,
  ];
}

function startNode(certificates: readonly TestCertificate[]): Promise<Haproxy> {
  const config = [
    "global",
    "    nbthread 1",
    "defaults",
    "    mode http",
    "    timeout client 5s",
    "    timeout server 5s",
    "    timeout connect 5s",
    "frontend sites",
    `    bind 127.0.0.1:<port:sites> ssl crt <dir>/${dir}/ strict-sni`,
    "",
  ].join("\n");
  const files = Object.fromEntries(certificates.map(({ pem }, i) => [`${dir}/${i}.pem`, pem]));
  return startHaproxy({ version: "3.2", config, files });
}

function createWorld(now: () => number): FleetWorld {
  return {
    store: memoryStore(),
    resolver: createResolver({ servers: [] }),
    run: () => Promise.reject(new Error("no program is run here")),
    now,
    sleep: async (milliseconds, signal) => void (await sleep(milliseconds, undefined, { signal })),
    signal: AbortSignal.timeout(600_000),
    emit: () => {},
  };
}

function certificatesOf(certificates: readonly TestCertificate[], onLoad: () => Promise<void>): FleetCertificates {
  const byName = new Map(certificates.map((each) => [each.names[0] ?? "", each]));
  return {
    list: certificates.map(({ names, fingerprint256 }) => ({ name: names[0] ?? "", fingerprint256 })),
    load: async (name) => {
      await onLoad();
      const found = byName.get(name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      const { leafPem, chainPem, keyPem, notAfter, fingerprint256 } = found;
      const identifiers = found.names.map((value) => ({ type: "dns" as const, value }));
      return { name, identifiers, generation: 2, leafPem, chainPem, keyPem, notAfter, fingerprint256 };
    },
  };
}

/** Shakes hands with each node again and again, until told to stop. */
function startLoad(nodes: readonly Haproxy[], ...sets: readonly (readonly TestCertificate[])[]) {
  const traffic = { made: 0, failed: 0, wrong: 0 };
  let stopping = false;
  const loop = async (node: Haproxy) => {
    while (!stopping) {
      const index = Math.floor(Math.random() * count);
      const right = sets.map((set) => set[index]?.fingerprint256);
      const shown = await handshake(node, `n${index}.test`).catch(() => undefined);
      traffic.made += 1;
      if (shown === undefined) traffic.failed += 1;
      else if (!right.includes(shown)) traffic.wrong += 1;
      await sleep(20);
    }
  };
  const loops = nodes.map(loop);
  return {
    async stop() {
      stopping = true;
      await Promise.all(loops);
      return traffic;
    },
  };
}

/** Every certificate on every node, by handshakes of its clients. */
async function verify(nodes: readonly Haproxy[], certificates: readonly TestCertificate[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      for (const [index, { fingerprint256 }] of certificates.entries())
        if ((await handshake(node, `n${index}.test`)) !== fingerprint256)
          throw new Error(`${node.adminSocket} shows another certificate for n${index}.test`);
    }),
  );
}

function handshake({ ports }: Haproxy, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: ports.sites ?? 0, servername, rejectUnauthorized: false });
    socket.setTimeout(10_000, () => socket.destroy(new Error("no handshake")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
  });
}

function sum({ nodes }: FleetReport, what: "updated" | "unchanged" | "failed"): number {
  return nodes.reduce((total, node) => total + node[what], 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
