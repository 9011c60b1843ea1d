import type { AcmeRow } from "./agent/acme-answers.ts";
import { acmeRenew, acmeStatus } from "./agent/acme-commands.ts";
import { openAgent } from "./node-agent/agent-session.ts";
import { type PushContext, settingsOf } from "./push/settings.ts";
import type { Node } from "./runtime/node.ts";

/** The certificates one HAProxy obtains by itself. */
export interface OwnAcme {
  /** @throws HaproxyError HAPROXY_LEVEL, HAPROXY_ACME_UNSUPPORTED */
  status(): Promise<readonly AcmeRow[]>;
  /**
   * Begins an order now.
   *
   * @returns false where one is under way
   * @throws HaproxyError HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_ACME_NOT_MANAGED, HAPROXY_LEVEL, HAPROXY_ACME_UNSUPPORTED,
   *   HAPROXY_BUSY
   */
  renew(certificate: string): Promise<boolean>;
  close(): void;
}

/**
 * Reaches a HAProxy, or the node agent beside it.
 *
 * @throws HaproxyError as `openSession` and `openAgent`
 */
export async function openOwnAcme(node: Node, context: PushContext): Promise<OwnAcme> {
  const settings = settingsOf(node, context);
  if (node.kind === "agent") {
    const agent = await openAgent(node, settings);
    return { status: agent.acmeStatus, renew: agent.acmeRenew, close: agent.close };
  }
  const session = await settings.open();
  return {
    status: () => acmeStatus(session),
    renew: (certificate) => acmeRenew(session, certificate, context.signal),
    close: () => session.close(),
  };
}
