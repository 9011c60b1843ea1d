import { spawn } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeployableCertificate, DeployOutcome } from "@certwright/core";
import { dataplaneTarget } from "@certwright/haproxy";
import { freePort, type Haproxy, startHaproxy } from "@certwright/tools/servers";
import type { TestCertificate } from "@certwright/tools/test-ca";
import { patience } from "./cli-process.ts";
import { type FakeDataplane, startFakeDataplane } from "./fake-dataplane.ts";
import type { FakeOptions } from "./fake-dataplane-runtime.ts";
import { deployable } from "./fleet-fixture.ts";
import { ca, defaults, endless } from "./haproxy-fixture.ts";

/** What the tests of the Data Plane API share. */

/**
 * A real Data Plane API to test against instead of the fake, for those who have built one. What the fake alone can do,
 * faults and a record of what was asked, is then left out of a test.
 */
const realApi = process.env.CERTWRIGHT_DATAPLANEAPI;

export const user = "admin";
export const password = "correct-horse:battery";

const config = `${defaults}
userlist controller
    user ${user} insecure-password ${password}
frontend by_list
    bind 127.0.0.1:<port:list> ssl crt-list <dir>/ssl/list.txt
    http-request return status 200
frontend by_directory
    bind 127.0.0.1:<port:directory> ssl crt <dir>/directory/
    http-request return status 200
frontend by_split
    bind 127.0.0.1:<port:split> ssl crt <dir>/elsewhere/split.pem
    http-request return status 200
frontend by_file
    bind 127.0.0.1:<port:file> ssl crt <dir>/elsewhere/file.pem
    http-request return status 200
`;

export const before = {
  list: ca.issue({ names: ["list.test"] }),
  directory: ca.issue({ names: ["directory.test"] }),
  file: ca.issue({ names: ["file.test"] }),
};
const split = ca.issue({ names: ["split.test"] });
const server = ca.issue({ names: ["127.0.0.1", "api.test"] });

/** A HAProxy whose files the API keeps in `ssl` (or `directory`), and some elsewhere. */
export function startNode(version: "3.2" | "2.6" = "3.2"): Promise<Haproxy> {
  return startHaproxy({
    version,
    config,
    master: true,
    files: {
      "ssl/listed.pem": before.list.pem,
      "ssl/list.txt": "<dir>/ssl/listed.pem [alpn h2]\n",
      "directory/first.pem": before.directory.pem,
      "elsewhere/file.pem": before.file.pem,
      "elsewhere/split.pem": split.fullchainPem,
      "elsewhere/split.pem.key": split.keyPem,
      "api/server.pem": server.fullchainPem,
      "api/server.key": server.keyPem,
      "api/ca.pem": ca.rootPem,
    },
  });
}

export interface Dataplane extends AsyncDisposable {
  /** `dataplane:https://admin@127.0.0.1:5555?ca=...`, with what a test adds. */
  readonly target: (parameters?: Readonly<Record<string, string>>) => string;
  readonly fake?: FakeDataplane;
}

export type DataplaneOptions = Partial<Pick<FakeOptions, "runtime" | "before32" | "bufferSize">> & {
  /** Which of the node's folders is the API's. Default: ssl. */
  readonly folder?: "ssl" | "directory";
  readonly clientCa?: boolean;
};

/** The fake, which alone can be made to fail. */
export async function startFake(
  haproxy: Haproxy,
  options: DataplaneOptions = {},
): Promise<Dataplane & { readonly fake: FakeDataplane }> {
  const { runtime, before32, bufferSize, clientCa } = options;
  const fake = await startFakeDataplane(haproxy, {
    user,
    password,
    folder: join(haproxy.dir, options.folder ?? "ssl"),
    tls: { cert: server.fullchainPem, key: server.keyPem, ...(clientCa ? { clientCa: ca.rootPem } : {}) },
    ...(runtime === undefined ? {} : { runtime }),
    ...(before32 ? { before32 } : {}),
    ...(bufferSize === undefined ? {} : { bufferSize }),
  });
  return { fake, target: targetAt(haproxy, fake.port), [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}

function targetAt({ dir }: Haproxy, port: number): Dataplane["target"] {
  return (parameters = {}) => {
    const query = new URLSearchParams({ ca: `${dir}/api/ca.pem`, ...parameters });
    return `dataplane:https://${user}@127.0.0.1:${port}?${query}`;
  };
}

/** Starts the API of a node. */
export async function startDataplane(haproxy: Haproxy, options: DataplaneOptions = {}): Promise<Dataplane> {
  if (realApi === undefined) return startFake(haproxy, options);
  const { port, stop } = await startReal(haproxy, join(haproxy.dir, options.folder ?? "ssl"), realApi, options);
  return { target: targetAt(haproxy, port), [Symbol.asyncDispose]: stop };
}

async function startReal(haproxy: Haproxy, folder: string, program: string, { runtime, clientCa }: DataplaneOptions) {
  const { dir, adminSocket, configFile, masterSocket } = haproxy;
  const port = await freePort();
  const own = join(dir, `dataplane-${port}`);
  const folders = [
    "transaction-dir",
    "maps-dir",
    "spoe-dir",
    "spoe-transaction-dir",
    "general-storage-dir",
    "dataplane-storage-dir",
  ];
  for (const each of folders) await mkdir(join(own, each), { recursive: true });
  // A configuration of the API's own, which names the socket where it is to have one.
  const global = `global\n    stats socket ${adminSocket} level admin\n`;
  await writeFile(join(own, "haproxy.cfg"), (runtime === false ? "" : global) + (await readFile(configFile, "utf8")));
  const reload = join(own, "reload.mjs");
  await writeFile(
    reload,
    `#!${process.execPath}\nimport { connect } from "node:net";\nconst socket = connect(${JSON.stringify(masterSocket)}, () => socket.end("reload\\n"));\nlet text = "";\nsocket.on("data", (data) => { text += data; });\nsocket.on("close", () => { console.error(text); process.exitCode = text.startsWith("Success=1") ? 0 : 1; });\n`,
  );
  await chmod(reload, 0o700);
  const child = spawn(
    program,
    [
      ...["--scheme=https", "--tls-host=127.0.0.1", `--tls-port=${port}`, "--userlist=controller", "--reload-delay=1"],
      ...[
        `--tls-certificate=${dir}/api/server.pem`,
        `--tls-key=${dir}/api/server.key`,
        `--config-file=${join(own, "haproxy.cfg")}`,
      ],
      ...[`--ssl-certs-dir=${folder}`, "--haproxy-bin=/bin/true", `--reload-cmd=${reload}`, "--restart-cmd=/bin/true"],
      ...["-f", join(own, "dataplaneapi.yaml")],
      ...(clientCa ? [`--tls-ca=${dir}/api/ca.pem`] : []),
      ...folders.map((each) => `--${each}=${join(own, each)}`),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const { connect } = await import("node:net");
  for (let tries = 0; ; tries++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
    });
    if (isUp) return { port, stop };
    if (tries > 500 || child.exitCode !== null) {
      await stop();
      throw new Error(`the Data Plane API did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a deployment to an API would do. */
export async function foresee(target: string, name: string): Promise<string | undefined> {
  const wanted = { name, identifiers: [{ type: "dns", value: name }], keyType: "ec256" } as const;
  const context = { now: Date.now, signal: AbortSignal.timeout(20_000) };
  return await dataplaneTarget(target, { password: async () => password }).foresee?.(wanted, context);
}

/** One deployment to an API, with the steps it told. */
export async function deployTo(
  target: string,
  certificate: TestCertificate,
  options: {
    readonly password?: string;
    readonly attempts?: number;
    readonly limits?: object;
    readonly name?: string;
    readonly onStep?: (step: string) => void;
  } = {},
): Promise<DeployOutcome & { readonly steps: readonly string[] }> {
  const steps: string[] = [];
  const given: DeployableCertificate = { ...deployable(certificate), ...(options.name ? { name: options.name } : {}) };
  const outcome = await dataplaneTarget(target, {
    password: async () => options.password ?? password,
    limits: { ...endless, attempts: options.attempts ?? 1, ...options.limits },
  }).deploy(given, {
    now: Date.now,
    signal: AbortSignal.timeout(patience),
    step: (step) => {
      steps.push(step);
      options.onStep?.(step);
    },
  });
  return { ...outcome, steps };
}
