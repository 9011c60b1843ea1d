import { type Turnstile, turnstile } from "@certwright/provider";
import type { Node } from "../runtime/node.ts";

// One writes while others look. HAProxy answers ten clients of a socket at once (`stats maxconn`), and others need some.
const atOnce = 4;
const turns = new Map<string, Turnstile>();

/**
 * Lets a few pushes of this process work at one node; those after them wait here, in order, and not with a connection
 * each at HAProxy, which refuses the twenty-first.
 */
export function inTurn<T>(node: Node, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  // A node agent has one connection for all, and works off what has come together.
  if (node.kind === "agent") return work();
  const turn = turns.get(node.id) ?? turnstile(atOnce);
  turns.set(node.id, turn);
  return turn(work, signal);
}
