import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { CertwrightEvent } from "@certwright/core";
import { type NodeAgentOptions, parseNode, startNodeAgent } from "@certwright/haproxy";
import type { Haproxy } from "@certwright/tools/servers";
import { createTestCa, type TestCertificate } from "@certwright/tools/test-ca";
import { ca, defaults } from "./haproxy-fixture.ts";

/** What the tests of node agents share. */

export const config = `${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem crt <dir>/other.pem
    http-request return status 200
frontend listed
    bind 127.0.0.1:<port:listed> ssl crt-list <dir>/certs/list.txt
    http-request return status 200
frontend private
    bind 127.0.0.1:<port:private> ssl crt-list <dir>/certs/private.txt
    http-request return status 200
`;
export const site = ca.issue({ names: ["site.test"] });
export const other = ca.issue({ names: ["other.example"] });
export const files = {
  "site.pem": site.pem,
  "other.pem": other.pem,
  "certs/list.txt": "<dir>/site.pem\n",
  "certs/private.txt": "<dir>/other.pem\n",
  "certs/ca.pem": ca.rootPem,
};

/** The CA of agents and their clients, which is not that of the sites. */
export const inner = createTestCa("Inner");
const agentCertificate = inner.issue({ names: ["127.0.0.1", "lb1.test"] });
export const client = inner.issue({ names: ["deployer.test"] });
export const clientFiles = { ca: inner.rootPem, cert: client.fullchainPem, key: client.keyPem };
export const credentials = {
  cert: agentCertificate.fullchainPem,
  key: agentCertificate.keyPem,
  // Clients send their intermediate along.
  ca: inner.rootPem,
};

/** An agent in this process, beside a HAProxy. What is not said is as the tests mostly want it. */
export async function startAgent(
  haproxy: Haproxy,
  { allow, ...options }: Partial<Omit<NodeAgentOptions, "allow">> & { allow?: Partial<NodeAgentOptions["allow"]> } = {},
) {
  const events: CertwrightEvent[] = [];
  const agent = await startNodeAgent({
    node: parseNode(haproxy.adminSocket) as NodeAgentOptions["node"],
    listen: { host: "127.0.0.1", port: 0 },
    credentials,
    clients: ["deployer.test"],
    allow: { names: ["site.test", "*.site.test"], certificates: [], lists: [], issuers: [], ...allow },
    map: [],
    check: [],
    allowFewerNames: false,
    context: { now: Date.now },
    emit: (event) => events.push(event),
    ...options,
  });
  return {
    ...agent,
    events,
    target: await targetOf(agent.address, haproxy.dir),
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

/** The address of an agent for a client with a certificate, whose files are written to `dir`. */
export async function targetOf(address: string, dir: string, who: TestCertificate = client): Promise<string> {
  const path = (name: string) => `${dir}/client-${who.serial}-${name}.pem`;
  await writeFile(path("ca"), inner.rootPem);
  await writeFile(path("cert"), who.fullchainPem);
  await writeFile(path("key"), who.keyPem, { mode: 0o600 });
  return `agent://${address}?ca=${path("ca")}&cert=${path("cert")}&key=${path("key")}`;
}

/** An agent as a process of its own, to be killed. It takes a lock that stands still for given up sooner than usual. */
export async function spawnAgent(socket: string, port: number) {
  const script = `
    import { parseNode, startNodeAgent } from "@certwright/haproxy";
    await startNodeAgent({
      ...${JSON.stringify({ listen: { host: "127.0.0.1", port }, credentials, clients: [], map: [], check: [], allowFewerNames: false })},
      node: parseNode(${JSON.stringify(socket)}),
      allow: { names: ["*"], certificates: [], lists: [], issuers: [] },
      context: { now: Date.now, limits: { staleAfter: 300 } },
      emit: () => {},
    });
    console.log("ready");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  const kill = async () => {
    child.kill("SIGKILL");
    await closed;
  };
  return { kill, [Symbol.asyncDispose]: kill };
}
