import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { type CertwrightEvent, type DeployableCertificate, parseIdentifier } from "@certwright/core";
import { fileStore, memoryStore, saveCertificate } from "@certwright/core/store";
import { createResolver } from "@certwright/dns";
import type { Fleet, FleetCertificates, FleetPolicy, FleetWorld } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import type { TestCa, TestCertificate } from "@certwright/tools/test-ca";
import { patience } from "./cli-process.ts";
import { defaults, endless } from "./haproxy-fixture.ts";

/** What the tests of fleets share. */

const config = `${defaults}
frontend web
    bind 127.0.0.1:<port:web> ssl crt <dir>/certs/ strict-sni
    http-request return status 200
`;

/** Starts a node that has a certificate for each name. */
export function startNode(certificates: readonly TestCertificate[], version: "3.2" | "2.6" = "3.2"): Promise<Haproxy> {
  const files = Object.fromEntries(certificates.map(({ names, pem }) => [`certs/${names[0]}.pem`, pem]));
  return startHaproxy({ version, config, files });
}

/** Certificates for `count` names, the same for every call. */
export function issueAll(ca: TestCa, count: number): readonly TestCertificate[] {
  return Array.from({ length: count }, (_, index) => ca.issue({ names: [`n${index}.fleet.test`] }));
}

export function deployable(certificate: TestCertificate, generation = 1): DeployableCertificate {
  const { names, leafPem, chainPem, keyPem, notAfter, fingerprint256 } = certificate;
  const identifiers = names.map((value) => ({ type: "dns" as const, value }));
  return { name: names[0] ?? "", identifiers, generation, leafPem, chainPem, keyPem, notAfter, fingerprint256 };
}

export function certificatesOf(certificates: readonly TestCertificate[]): FleetCertificates {
  const byName = new Map(certificates.map((each) => [each.names[0] ?? "", each]));
  return {
    list: certificates.map(({ names, fingerprint256 }) => ({ name: names[0] ?? "", fingerprint256 })),
    load: async (name) => {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`no certificate ${name}`);
      return deployable(found);
    },
  };
}

export function fleetOf(targets: readonly string[], policy: FleetPolicy = { kind: "all" }): Fleet {
  return { label: "edge", source: { kind: "list", targets }, policy, parallel: 8 };
}

/** A world whose clock stands still until it is put forward, so that nobody waits for a next try, and none comes unasked. */
export function createFleetWorld() {
  let now = Date.now();
  const events: CertwrightEvent[] = [];
  const world: FleetWorld = {
    store: memoryStore(),
    resolver: createResolver({ servers: [] }),
    run: async () => ({ exitCode: 1, stdout: "" }),
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    signal: AbortSignal.timeout(patience),
    emit: (event) => events.push(event),
    limits: { ...endless, attempts: 1 },
  };
  return {
    world,
    events,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

/** What clients saw: handshakes made, those that failed, and those that showed a certificate that is not right. */
export interface Load {
  readonly made: number;
  readonly failed: readonly string[];
  readonly wrong: readonly string[];
}

/**
 * Shakes hands with nodes again and again until `stop`.
 *
 * @param right fingerprints that may be shown for each name
 */
export function startLoad(ports: readonly number[], right: ReadonlyMap<string, ReadonlySet<string>>) {
  let stopping = false;
  let made = 0;
  const failed: string[] = [];
  const wrong: string[] = [];
  const names = [...right.keys()];
  const loop = async (port: number) => {
    for (let turn = 0; !stopping; turn++) {
      const name = names[turn % names.length] ?? "";
      const shown = await fingerprintAt(port, name).catch((error: Error) => {
        failed.push(`${port} ${name}: ${error.message}`);
        return undefined;
      });
      made += 1;
      if (shown !== undefined && !right.get(name)?.has(shown)) wrong.push(`${port} ${name}`);
      await sleep(1);
    }
  };
  const loops = ports.map(loop);
  return {
    /** Not before so many were made that they say something. */
    async stop(): Promise<Load> {
      while (made < 50) await sleep(1);
      stopping = true;
      await Promise.all(loops);
      return { made, failed, wrong };
    },
  };
}

/** What a client sees, by Node's own TLS and not by the code under test. */
export function fingerprintAt(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false });
    socket.setTimeout(patience, () => socket.destroy(new Error("no handshake")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
  });
}

/** Puts renewed certificates into the state below `dir`, as a run would. */
export async function storeCertificates(dir: string, certificates: readonly TestCertificate[]): Promise<void> {
  const state = fileStore(join(dir, "state"), { now: Date.now, warn: () => undefined });
  for (const { names: identifiers, leafPem, chainPem, keyPem } of certificates) {
    const spec = {
      name: identifiers[0] ?? "",
      identifiers: identifiers.map((name) => parseIdentifier(name)),
      keyType: "ec256" as const,
      reuseKey: false,
      dns: {},
      cas: [{ directoryUrl: "https://ca.test/directory" }],
      challenges: [{ type: "http-01" as const }],
      deploy: ["fleet:edge"],
    };
    await saveCertificate(
      state,
      { spec, keyPem, leafPem, chainPem, directoryUrl: "https://ca.test/directory", accountUrl: "https://ca.test/1" },
      Date.now(),
    );
  }
}
