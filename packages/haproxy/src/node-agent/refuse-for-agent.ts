import { HaproxyError } from "../errors.ts";
import type { PushRequest } from "../push/push-request.ts";
import type { AgentNode } from "../runtime/node.ts";

/**
 * Refuses what is not for the client of a node agent to say: where files are, and how little a certificate may cover.
 *
 * @throws HaproxyError HAPROXY_AGENT_DECIDES
 */
export function refuseForAgent(node: AgentNode, { add, disk, allowFewerNames }: Omit<PushRequest, "pem">): void {
  const said = [
    disk !== undefined && "where files are",
    add?.options !== undefined && "options of a list's line",
    add?.filters !== undefined && "filters of a list's line",
    allowFewerNames && "that names may be lost",
  ].find((each) => typeof each === "string");
  if (said === undefined) return;
  throw new HaproxyError("HAPROXY_AGENT_DECIDES", `The target of ${node.id} says ${said}.`, {
    node: node.id,
    hint: "Leave it out: paths and fewer names are said where the agent is started, options on the bind line.",
  });
}
