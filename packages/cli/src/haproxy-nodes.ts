import { type Node, type OwnAcme, openOwnAcme, parseNode } from "@certwright/haproxy";
import type { Invocation } from "./command.ts";
import type { haproxyNodeFlags } from "./declarations/haproxy.ts";
import { type Explained, explain } from "./reporter/explain.ts";

/** What one node answered, or why it did not. */
export type NodeAnswer<T> = { readonly node: Node } & ({ readonly answer: T } | { readonly error: Explained });

/**
 * Asks every node named, all at the same time.
 *
 * @throws CertwrightError `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export async function askNodes<T>(
  { flags, context }: Invocation<typeof haproxyNodeFlags>,
  act: (acme: OwnAcme) => Promise<T>,
): Promise<readonly NodeAnswer<T>[]> {
  const addresses = flags.node.length > 0 ? flags.node : ["/run/haproxy/admin.sock"];
  const nodes = [...new Set(addresses)].map(parseNode);
  const { signal } = context.stopper;
  return Promise.all(
    nodes.map(async (node) => {
      try {
        const acme = await openOwnAcme(node, { signal, now: context.now });
        try {
          return { node, answer: await act(acme) };
        } finally {
          acme.close();
        }
      } catch (error) {
        signal.throwIfAborted();
        return { node, error: explain(error) };
      }
    }),
  );
}

/** A node's failure as JSON and as a line. */
export function failureOf(node: Node, { code, message, hint }: Explained) {
  return {
    json: { node: node.id, error: { code, message, ...(hint === undefined ? {} : { hint }) } },
    line: `${node.id}: ${code}: ${message}${hint === undefined ? "" : ` ${hint}`}`,
  };
}
