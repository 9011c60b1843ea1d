import { messageOf } from "@certwright/provider";
import { pemBlocks } from "../certificate/pem.ts";
import { openAgent } from "../node-agent/agent-session.ts";
import type { Settings } from "../push/settings.ts";
import { inHandshakes, type Sight, type Sights } from "../push/sights.ts";
import type { AgentNode } from "../runtime/node.ts";
import type { Looking } from "./fleet-drift.ts";

/** Looks at certificates of a node agent's HAProxy. @throws the signal's reason */
export async function openAgentLook(node: AgentNode, settings: Settings): Promise<Looking> {
  const session = await openAgent(node, settings).catch((error: unknown) => {
    settings.signal.throwIfAborted();
    return blind(error);
  });
  return {
    async at(bundle, request) {
      const [leaf] = pemBlocks(bundle.certificatesPem);
      const { certificate } = request;
      const ask = { leaf: leaf?.text ?? "", ...(certificate === undefined ? {} : { certificate }) };
      const seen =
        "memory" in session
          ? session
          : await session.look(ask).catch((error: unknown) => {
              settings.signal.throwIfAborted();
              return blind(error);
            });
      // Who names an address asks what is seen from here; else the agent looks where it was told to.
      const isAsked = (request.verify?.handshake ?? []).length > 0;
      return isAsked ? { ...seen, handshake: await inHandshakes(bundle, request, settings) } : seen;
    },
    close: () => {
      if ("close" in session) session.close();
    },
  };
}

function blind(error: unknown): Sights {
  const detail = messageOf(error);
  const unknown: Sight = { kind: "unknown", detail };
  return { memory: unknown, disk: unknown, handshake: unknown };
}
