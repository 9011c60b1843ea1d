import { messageOf } from "@certwright/provider";
import type { Bundle } from "../certificate/pem.ts";
import { planRequests, sizeLimits } from "../certificate/refusals.ts";
import { replaceContent } from "../runtime/transaction.ts";
import type { Settings } from "./settings.ts";

/** Clients can no longer connect: the former certificate is better than none. Returns what to tell a person. */
export async function putBack(name: string, former: Bundle, settings: Settings): Promise<string> {
  const { signal, emit, limits, node } = settings;
  try {
    const session = await settings.open();
    try {
      const requests = planRequests(former, { node: node.id, name }, sizeLimits(session));
      await replaceContent(session, name, requests, { signal, emit, patience: limits });
    } finally {
      session.close();
    }
  } catch (cause) {
    return `The former certificate could not be put back: ${messageOf(cause)}`;
  }
  emit({ type: "put-back", node: node.id, certificate: name });
  return "The former certificate is back in its place.";
}
