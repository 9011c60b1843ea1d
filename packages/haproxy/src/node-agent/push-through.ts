import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, turnstile } from "@certwright/provider";
import { readBundle } from "../certificate/pem.ts";
import { refuseBundle } from "../certificate/refusals.ts";
import { HaproxyError, hasCode } from "../errors.ts";
import { inLanes, type Supply } from "../push/lanes.ts";
import type { ManyContext, ManySummary } from "../push/push-many.ts";
import type { PushRequest, PushResult } from "../push/push-request.ts";
import type { Settings } from "../push/settings.ts";
import { checkHandshakes, shakeAll } from "../push/verify.ts";
import type { AgentNode } from "../runtime/node.ts";
import { type AgentSession, openAgent } from "./agent-session.ts";
import { mostAhead } from "./protocol.ts";
import { refuseForAgent } from "./refuse-for-agent.ts";

/**
 * A push by a node agent: it does on its node what `push` does here. The handshakes asked for are made from here, as
 * clients elsewhere make them.
 *
 * @throws HaproxyError as `push` and `openAgent`, and HAPROXY_AGENT_DECIDES
 */
export async function pushThrough(node: AgentNode, request: PushRequest, settings: Settings): Promise<PushResult> {
  const line = createLine(node, settings);
  try {
    return await bring(request, line, node, settings);
  } finally {
    line.close();
  }
}

/**
 * Many pushes by a node agent, sent ahead over one connection.
 *
 * @throws HaproxyError when the agent cannot be worked with at all; single failures are outcomes
 */
export async function pushManyThrough(
  node: AgentNode,
  supply: Supply<PushRequest>,
  settings: Settings,
  onOutcome: ManyContext["onOutcome"],
): Promise<ManySummary> {
  const counts = { updated: 0, added: 0, unchanged: 0, "reload-needed": 0, failed: 0 };
  const line = createLine(node, settings);
  try {
    await inLanes(
      mostAhead,
      supply,
      () => true,
      async (request) => {
        try {
          const result = await bring(request, line, node, { ...settings, emit: () => {} });
          counts[result.action]++;
          onOutcome?.({ kind: "done", result });
        } catch (error) {
          settings.signal.throwIfAborted();
          if (line.isBroken) throw error;
          counts.failed++;
          onOutcome?.({ kind: "failed", request, error });
        }
      },
    );
  } finally {
    line.close();
  }
  const { "reload-needed": reloadNeeded, ...rest } = counts;
  return { ...rest, reloadNeeded, warnings: [] };
}

const handshakesAtOnce = 8;

type Line = ReturnType<typeof createLine>;

/** What an agent that ends or starts just now may come to for those who connect: taken, and let go without a word. */
const whileStarting = [
  ...["HAPROXY_UNREACHABLE", "HAPROXY_TLS", "HAPROXY_CONNECTION_CUT"],
  ...["HAPROXY_AGENT_STOPPED", "HAPROXY_AGENT_BUSY"],
] as const;

/** A connection that is opened when it is needed, and again when it was cut. */
function createLine(node: AgentNode, settings: Settings) {
  let opening: Promise<AgentSession> | undefined;
  let isBroken = false;
  let cuts = 0;
  // One that was there and is away may be starting again.
  const reach = async (tries: number): Promise<AgentSession> => {
    try {
      return await openAgent(node, settings);
    } catch (error) {
      const isStarting = cuts > 0 && tries < settings.limits.attempts && hasCode(error, ...whileStarting);
      if (!isStarting) throw error;
      await sleep(Math.min(250 * 2 ** tries, 4_000), undefined, { signal: settings.signal });
      return reach(tries + 1);
    }
  };
  const open = (): Promise<AgentSession> => {
    opening ??= reach(1).catch((error: unknown) => {
      isBroken = true;
      throw error;
    });
    return opening;
  };
  return {
    open,
    /** For handshakes, of which HAProxy should not get hundreds at a time from one client. */
    inTurn: turnstile(handshakesAtOnce),
    /** Told of a session that ended; false where there must not be another. */
    again(session: AgentSession, connection: Promise<AgentSession>): boolean {
      if (session.isOpen || settings.signal.aborted) return false;
      if (opening === connection) {
        opening = undefined;
        cuts += 1;
        isBroken = cuts >= settings.limits.attempts;
      }
      return !isBroken;
    },
    /** True when the fault is not that of one certificate. */
    get isBroken() {
      return isBroken;
    },
    close: () =>
      void opening?.then(
        (session) => session.close(),
        () => {},
      ),
  };
}

async function bring(request: PushRequest, line: Line, node: AgentNode, settings: Settings): Promise<PushResult> {
  refuseForAgent(node, request);
  const bundle = readBundle(request.pem);
  refuseBundle(bundle, new Date(settings.now()));
  const points = request.verify?.handshake ?? [];
  const before = await line.inTurn(() => shakeAll(points, bundle.keyType, settings));
  const { certificate, add } = request;
  const put = {
    chain: bundle.certificatesPem,
    key: bundle.keyPem,
    ...(certificate === undefined ? {} : { certificate }),
    ...(add === undefined ? {} : { add: add.list, ...(add.as === undefined ? {} : { as: add.as }) }),
  };
  for (;;) {
    const connection = line.open();
    const session = await connection;
    try {
      const result = { ...(await session.put(put, settings.emit)), node: node.id };
      if (result.fingerprint256 !== bundle.fingerprint256) throw anotherOne(node);
      if (result.action !== "reload-needed") {
        await line.inTurn(() => checkHandshakes(points, { name: result.name, bundle }, settings, before));
      }
      return result;
    } catch (error) {
      if (!hasCode(error, "HAPROXY_CONNECTION_CUT", "HAPROXY_AGENT_STOPPED")) throw error;
      await sessionEnds(session, hasCode(error, "HAPROXY_AGENT_STOPPED") ? longestStop : 1_000, settings.signal);
      // What was done is done: to ask again is harmless.
      if (!line.again(session, connection)) throw error;
      const reason = messageOf(error);
      settings.emit({ type: "retrying", node: node.id, certificate: certificate ?? "", reason });
      await sleep(50 + Math.random() * 200, undefined, { signal: settings.signal }).catch(() => {});
    }
  }
}

/** Milliseconds an agent that was stopped may take to end what it has begun. */
const longestStop = 30_000;

/** An agent that was stopped ends the connection soon; one that failed at this certificate alone does not. */
async function sessionEnds(session: AgentSession, longest: number, signal: AbortSignal): Promise<void> {
  for (let waited = 0; session.isOpen && waited < longest && !signal.aborted; waited += 50)
    await sleep(50, undefined, { signal }).catch(() => {});
}

function anotherOne(node: AgentNode): HaproxyError {
  return new HaproxyError("HAPROXY_UNEXPECTED_ANSWER", `${node.id} tells of another certificate than the one sent.`, {
    node: node.id,
    hint: "Use the same version of Certwright on both sides.",
  });
}
