import { type ListLine, linePayload } from "../disk/crt-list-file.ts";
import { HaproxyError } from "../errors.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { addToCrtList } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import type { Settings } from "./settings.ts";

/**
 * Attaches a certificate to a list of the running HAProxy.
 *
 * @returns on how many bind lines it is now served
 * @throws HaproxyError HAPROXY_LIST_UNKNOWN, HAPROXY_ADD_REFUSED, HAPROXY_BUSY
 */
export async function attach(session: Session, list: string, line: ListLine, settings: Settings): Promise<number> {
  const name = line.certificate;
  const text = linePayload(line);
  const node = session.node.id;
  const context = { patience: settings.limits, signal: settings.signal };
  const answer = await whileLocked(session, context, () => addToCrtList(session, list, name, text));
  switch (answer.kind) {
    case "added":
      settings.emit({ type: "attached", node, certificate: name, list });
      return answer.instances;
    case "exists":
      return 0;
    case "no-list":
      throw new HaproxyError("HAPROXY_LIST_UNKNOWN", `${node} has no certificate list named ${list}.`, {
        node,
        certificate: name,
        hint: "HAProxy was probably reloaded with another configuration. Try again.",
      });
    case "rejected":
      throw new HaproxyError("HAPROXY_ADD_REFUSED", `${node} does not add ${name} to ${list}: ${answer.reason}`, {
        node,
        certificate: name,
        hint: "Check the options and filters of the line against HAProxy's documentation of crt-list.",
      });
    default:
      throw refused(session, name, answer);
  }
}
