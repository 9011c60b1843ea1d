import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { type RunningServer, startServer } from "./running.ts";
import { makeTempDir } from "./temp-dir.ts";

export interface Moto extends RunningServer {
  /** Address that stands for every AWS service's endpoint (Route 53, S3, ...). */
  readonly endpoint: string;
  readonly region: string;
  /** Accepted, like any other: moto does not check credentials by default. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Starts moto's server, which stands in for AWS. It takes a few seconds: Python loads much. */
export async function startMoto(): Promise<Moto> {
  const { command, env } = await motoPython();
  const dir = await makeTempDir("moto");
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: "moto",
    dir,
    command: [...command, "-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    env,
    ready: async () => (await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(5_000) })).ok,
  });
  return { ...server, endpoint, region: "us-east-1", accessKeyId: "test", secretAccessKey: "test" };
}

/** The Python that moto runs in, which has AWS's own botocore, too. */
export async function motoPython() {
  const { dir, loader } = await ensureServers("moto");
  const python = join(dir, "usr/bin/python3");
  return {
    command: [...loader, "--argv0", python, python],
    env: { PYTHONHOME: join(dir, "usr"), PYTHONNOUSERSITE: "1", PYTHONPYCACHEPREFIX: join(dir, "pycache") },
  };
}
