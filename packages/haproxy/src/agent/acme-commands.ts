import { HaproxyError } from "../errors.ts";
import { defaultLimits } from "../push/settings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import type { Session } from "../runtime/session.ts";
import { escapeWord } from "../runtime/wire.ts";
import { type AcmeRow, parseAcmeStatus, parseReady, parseRenew, type ReadyAnswer } from "./acme-answers.ts";

/* The `acme` commands of the Runtime API, one function each. */

const longAnswer = 16 * 1024 * 1024;

/**
 * Every certificate HAProxy obtains by itself.
 *
 * @throws HaproxyError HAPROXY_LEVEL, HAPROXY_ACME_UNSUPPORTED
 */
export async function acmeStatus(session: Session): Promise<readonly AcmeRow[]> {
  const rows = parseAcmeStatus(await session.send("acme status", { maxBytes: longAnswer }));
  if (!("kind" in rows)) return rows;
  if (rows.kind === "unsupported") throw withoutAcme(session);
  throw refused(session, "acme", rows);
}

/** Tells HAProxy that the records of a domain, and of its wildcard, can be seen. */
export async function challengeReady(session: Session, certificate: string, domain: string): Promise<ReadyAnswer> {
  const command = `acme challenge_ready ${escapeWord(certificate)} domain ${escapeWord(domain)}`;
  return parseReady(await session.send(command));
}

/**
 * Begins an order now; waits while HAProxy has certificates locked, as it does for a moment when one has just come.
 *
 * @returns false where one is under way
 * @throws HaproxyError HAPROXY_CERTIFICATE_UNKNOWN, HAPROXY_ACME_NOT_MANAGED, HAPROXY_LEVEL, HAPROXY_ACME_UNSUPPORTED,
 *   HAPROXY_BUSY
 */
export async function acmeRenew(
  session: Session,
  certificate: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<boolean> {
  const answer = await whileLocked(session, { patience: defaultLimits, signal }, async () =>
    parseRenew(await session.send(`acme renew ${escapeWord(certificate)}`, { emptyAllowed: true })),
  );
  if (answer.kind === "started") return true;
  if (answer.kind === "running") return false;
  if (answer.kind === "unsupported") throw withoutAcme(session);
  if (answer.kind !== "no-acme") throw refused(session, certificate, answer);
  throw new HaproxyError("HAPROXY_ACME_NOT_MANAGED", `${certificate} has no "acme" in the configuration of HAProxy.`, {
    node: session.node.id,
    certificate,
    hint: 'Add "acme SECTION domains ..." where the certificate is named, or renew it with `certwright renew`.',
  });
}

function withoutAcme(session: Session): HaproxyError {
  return new HaproxyError(
    "HAPROXY_ACME_UNSUPPORTED",
    `${session.node.id} runs HAProxy ${session.worker.version}, which obtains no certificates by itself.`,
    { node: session.node.id, hint: 'Use HAProxy 3.2 or later, with "expose-experimental-directives" before 3.3.' },
  );
}
