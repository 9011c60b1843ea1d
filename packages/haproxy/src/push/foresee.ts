import { refusePlace } from "../certificate/refusals.ts";
import { refuseUnwritable } from "../disk/disk.ts";
import { planFiles } from "../disk/files.ts";
import { openAgent } from "../node-agent/agent-session.ts";
import { refuseForAgent } from "../node-agent/refuse-for-agent.ts";
import type { Node } from "../runtime/node.ts";
import type { Replacement } from "./choose.ts";
import { discover, type Found } from "./discover.ts";
import type { PushRequest } from "./push-request.ts";
import { type PushContext, settingsOf } from "./settings.ts";

/**
 * What a push of such a certificate would do, as far as can be told without changing anything. A node agent only says that
 * we are welcome.
 *
 * @throws HaproxyError as `push` does before its first change
 */
export async function foreseePush(
  node: Node,
  request: Omit<PushRequest, "pem" | "verify">,
  wanted: Replacement,
  context: PushContext,
): Promise<string> {
  const settings = settingsOf(node, context);
  if (node.kind === "agent") {
    refuseForAgent(node, request);
    (await openAgent(node, settings)).close();
    return "would be sent to the node agent, which is there and takes us as a client";
  }
  const session = await settings.open();
  try {
    const { disk, allowFewerNames = false } = request;
    const map = disk === false ? undefined : disk?.map;
    const found = await discover(session, wanted, { ...request, ...(map ? { map } : {}) }, settings);
    const { name, present } = found;
    refusePlace(wanted, { node: node.id, name, ...(present ? { present } : {}), allowFewerNames });
    const plan = planFiles(node, name, present, disk);
    if (plan.kind === "files") await refuseUnwritable(plan.certificate);
    return describePlace(found);
  } finally {
    session.close();
  }
}

/** What would become of the place that was found. */
export function describePlace({ name, present, way }: Pick<Found, "name" | "present" | "way">): string {
  if (way?.kind === "reload") return `would be stored as ${name}, and live only after a reload: ${way.reason}`;
  if (way !== undefined) return `would be added to ${way.list} as ${name}`;
  const until = present?.notAfter === undefined ? "" : ` (valid until ${present.notAfter.toISOString().slice(0, 10)})`;
  return `would replace ${name}${until}${present?.status === "Used" ? "" : ", which no bind line uses"}`;
}
