import { resolve } from "node:path";
import { parseIdentifier } from "@certwright/core";
import {
  type AgentCredentials,
  isLocal,
  parseNode,
  parseTarget,
  readIssuers,
  startNodeAgent,
} from "@certwright/haproxy";
import { isCertwrightError, messageOf } from "@certwright/provider/errors";
import type { CommandResult, Invocation } from "../command.ts";
import type { serveNodeFlags } from "../declarations/serve-node.ts";
import { cliError, usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { readSmallTextFile } from "../files.ts";
import { readMapping } from "../path-mapping.ts";
import { explain } from "../reporter/explain.ts";
import { beat, findSupervisor } from "../serve/systemd.ts";

type ServeNode = Invocation<typeof serveNodeFlags>;

/** Stands beside one HAProxy and takes certificates for it, until the process is told to stop. */
export async function run(invocation: ServeNode): Promise<CommandResult> {
  const { flags, context, emit } = invocation;
  const { signal } = context.stopper;
  const node = parseNode(flags.node ?? "/run/haproxy/admin.sock");
  if (!isLocal(node))
    throw usageError(`--node ${flags.node} is no socket of this machine`, "Run the agent on the node.");
  const { listen } = flags;
  if (listen === undefined) throw usageError("there is nowhere to listen", "Give --listen 9444, or host:port.");
  const supervisor = findSupervisor(context, (message) =>
    emit({
      type: "warning",
      code: "CLI_SUPERVISOR",
      message: `systemd cannot be told how the node agent goes: ${message}`,
      hint: "Its unit needs NotifyAccess=all, and the program systemd-notify on PATH.",
    }),
  );
  const options = {
    node,
    listen,
    emit,
    clients: flags.client,
    allow: {
      names: allowedNames(flags.allowName),
      certificates: flags.allowCertificate,
      lists: flags.allowAdd,
      issuers: await allowedIssuers(invocation),
      httpMap: flags.httpMap,
      renew: flags.allowRenew,
    },
    map: flags.map.map(readMapping),
    check: checkPoints(flags.check),
    allowFewerNames: flags.allowFewerNames,
    credentials: await readCredentials(invocation),
    context: { now: context.now },
  };
  const agent = await startNodeAgent(options).catch((cause: unknown) => {
    throw cannotStart(cause);
  });
  const letGo = context.stopper.onHangUp(() => void renew(agent, invocation));
  const stopBeat = beat(supervisor, context.every);
  try {
    emit({ type: "agent.listening", address: agent.address, node: node.id });
    await supervisor.ready(`node agent of ${node.id} at ${agent.address}`);
    if (!signal.aborted) await new Promise((end) => signal.addEventListener("abort", end, { once: true }));
  } finally {
    letGo();
    stopBeat();
    await supervisor.stopping();
    await agent.close();
  }
  return { exitCode: exitCodes.done, result: { stopped: true }, lines: ["stopped"] };
}

async function readCredentials({ flags, context }: ServeNode): Promise<AgentCredentials> {
  const read = async (flag: string, path: string | undefined): Promise<string> => {
    if (path === undefined) throw usageError(`${flag} is missing`, "Give --cert, --key and --client-ca.");
    return await readSmallTextFile(resolve(context.cwd, path));
  };
  const [cert, key, ca] = await Promise.all([
    read("--cert", flags.cert),
    read("--key", flags.key),
    read("--client-ca", flags.clientCa),
  ]);
  return {
    cert,
    key,
    ca,
    ...(flags.clientCrl === undefined ? {} : { crl: await read("--client-crl", flags.clientCrl) }),
  };
}

/** Files in the middle of a change are no reason to go: those before stay in force. */
async function renew(agent: Awaited<ReturnType<typeof startNodeAgent>>, invocation: ServeNode): Promise<void> {
  try {
    agent.renew(await readCredentials(invocation));
  } catch (error) {
    const { code, message, hint } = explain(isCertwrightError(error) ? error : cannotStart(error));
    invocation.emit({
      type: "warning",
      code,
      message: `${message}; the certificates before stay in force`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

async function allowedIssuers({ flags, context }: ServeNode) {
  if (flags.allowIssuer === undefined) return [];
  const pem = await readSmallTextFile(resolve(context.cwd, flags.allowIssuer));
  try {
    return readIssuers(pem);
  } catch (cause) {
    throw usageError(`--allow-issuer ${flags.allowIssuer} cannot be used: ${messageOf(cause)}`, "Give CAs in PEM.");
  }
}

function allowedNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) {
    throw usageError("nothing says which names certificates may have", "Give --allow-name example.com, or * for any.");
  }
  return names.map((name) => (name === "*" ? name : parseIdentifier(name).value));
}

/** The grammar is that of targets. */
function checkPoints(points: readonly string[]) {
  const query = points.map((point) => `check=${encodeURIComponent(point)}`).join("&");
  return parseTarget(`/socket?${query}`).check;
}

function cannotStart(cause: unknown) {
  const reason = messageOf(cause);
  const isAddress = cause instanceof Error && "syscall" in cause;
  if (isAddress) {
    return cliError("CLI_LISTEN", `the node agent cannot listen: ${reason}`, {
      hint: "Choose another address with --listen, or end what listens there.",
      cause,
    });
  }
  return usageError(
    `the certificate, its key or the CA cannot be used: ${reason}`,
    "--cert, --key, --client-ca and --client-crl are PEM files; the key belongs to the certificate.",
  );
}
