import { type Connect, type Node, type OwnAcme, openOwnAcme, parseTarget } from "@certwright/haproxy";
import type { Invocation } from "./command.ts";
import { targetIdOf } from "./config/configured-targets.ts";
import { openConfig } from "./config/open-config.ts";
import type { nodeConfigFlags } from "./declarations/config-flag.ts";
import type { haproxyNodeFlags } from "./declarations/haproxy.ts";
import { createNodeSecrets } from "./parts/node-secrets.ts";
import { type Explained, explain } from "./reporter/explain.ts";

/** Where HAProxy is asked when nobody says where. */
export const usualNode = "/run/haproxy/admin.sock";

/** How nodes are told apart and reached. */
export interface NodeAccess {
  /** @throws CertwrightError `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED` */
  readonly nodeOf: (text: string) => Node;
  readonly connect: Connect;
}

/**
 * The way to nodes by address or by the label of a target: as deploy targets are reached, with keys wherever those are. A
 * configuration is opened only where one of them needs it.
 *
 * @throws CertwrightError ConfigError
 */
export async function openNodeAccess(
  texts: readonly string[],
  invocation: Invocation<typeof nodeConfigFlags>,
): Promise<NodeAccess> {
  const asksConfig = (text: string) => !/[:/]/.test(text) || /[?&]key=config(?::|%3a)/i.test(text);
  const config = texts.some(asksConfig) ? await openConfig(invocation) : undefined;
  const { connect } = createNodeSecrets(invocation, config);
  return { nodeOf: (text) => parseTarget(targetIdOf(text, config)).node, connect };
}

/** What one node answered, or why it did not. */
export type NodeAnswer<T> = { readonly node: Node } & ({ readonly answer: T } | { readonly error: Explained });

/**
 * Asks every node named, all at the same time.
 *
 * @throws CertwrightError `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export async function askNodes<T>(
  invocation: Invocation<typeof haproxyNodeFlags>,
  act: (acme: OwnAcme) => Promise<T>,
): Promise<readonly NodeAnswer<T>[]> {
  const { flags, context } = invocation;
  const addresses = flags.node.length > 0 ? flags.node : [usualNode];
  const { nodeOf, connect } = await openNodeAccess(addresses, invocation);
  const nodes = [...new Set(addresses)].map(nodeOf);
  const { signal } = context.stopper;
  return Promise.all(
    nodes.map(async (node) => {
      try {
        const acme = await openOwnAcme(node, { signal, now: context.now, connect });
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
