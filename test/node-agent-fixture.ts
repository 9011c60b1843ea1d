import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { CertwrightEvent } from "@certwright/core";
import { type NodeAgentOptions, parseNode, startNodeAgent } from "@certwright/haproxy";
import type { Haproxy } from "@certwright/tools/servers";
import { createTestCa, type TestCertificate } from "@certwright/tools/test-ca";
import { patience } from "./cli-process.ts";
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

/** A client that got in, and says nothing. */
export function connectTo(address: string, who: ConnectionOptions = clientFiles): Promise<TLSSocket> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    const options = { ALPNProtocols: ["certwright-node/1"], ...who, host, port: Number(port) };
    const socket = connect(options).once("data", () => resolve(socket));
    socket.on("error", reject);
  });
}

/** A client of our own making: says something, and tells what it heard until the other side ends it. */
export function talk(
  address: string,
  { said, deaf = false, ...options }: ConnectionOptions & { readonly said: string; readonly deaf?: boolean },
): Promise<{ readonly heard: string }> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({
      ALPNProtocols: ["certwright-node/1"],
      ca: inner.rootPem,
      ...options,
      host,
      port: Number(port),
    });
    socket.setTimeout(patience, () => socket.destroy(new Error("the agent did not end it")));
    socket.once("secureConnect", () => socket.write(said));
    // Who does not read is not told of the end; who goes on to write finds out.
    if (deaf) socket.pause().once("secureConnect", () => setInterval(() => socket.write(" "), 20).unref());
    else
      socket.on("data", (chunk) => {
        heard += chunk;
      });
    socket.on("error", (error) => {
      if (error.message === "the agent did not end it") heard = error.message;
    });
    socket.once("close", () => resolve({ heard }));
  });
}
