import type { ListLine } from "../disk/crt-list-file.ts";
import { HaproxyError } from "../errors.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { newCertificate, type SetRequest, showCrtList } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { replaceContent } from "../runtime/transaction.ts";
import { attach } from "./attach.ts";
import type { Found } from "./discover.ts";
import type { Settings } from "./settings.ts";
import type { Touched } from "./settle.ts";

/** A change to make in HAProxy's memory. */
export interface Change {
  readonly found: Found;
  /** Empty when the content is there already. */
  readonly requests: readonly SetRequest[];
  /** The line to attach, where one is to be attached. */
  readonly line: ListLine;
}

/** What HAProxy said it did. */
export interface Changed {
  readonly instances: number;
  readonly notes: string;
}

/**
 * Carries a change out: the name, its content, its place in a list. Each effect is noted in `touched` before it is
 * made, so that a failure can be cleaned up after.
 *
 * @throws HaproxyError as `replaceContent` and `attach`, and HAPROXY_NOT_APPLIED
 */
export async function changeMemory(
  session: Session,
  { found, requests, line }: Change,
  touched: Touched,
  settings: Settings,
): Promise<Changed> {
  const { name, present, way } = found;
  const { node, signal, emit, limits } = settings;
  touched.name = name;
  let instances = 0;
  let notes = "";
  if (requests.length > 0) {
    if (!present) await createName(session, name, touched, settings);
    const committed = await replaceContent(session, name, requests, {
      signal,
      emit,
      patience: limits,
    });
    emit({ type: "committed", node: node.id, certificate: name, instances: committed.instances });
    // HAProxy reports success for a transaction whose certificate was replaced by other means, and changes nothing.
    if (committed.instances === 0 && present?.status === "Used") throw noEffect(node.id, name);
    ({ instances, notes } = committed);
  }
  if (way && way.kind !== "reload" && !(await isListed(session, way.list, name))) {
    touched.attachedTo = way.list;
    instances += await attach(session, way.list, line, settings);
  }
  return { instances, notes };
}

async function createName(session: Session, name: string, touched: Touched, settings: Settings): Promise<void> {
  touched.created = true;
  const context = { patience: settings.limits, signal: settings.signal };
  const answer = await whileLocked(session, context, () => newCertificate(session, name));
  // Another deployer was faster with the same certificate; what it made is not ours to take back.
  if (answer.kind === "exists") touched.created = false;
  else if (answer.kind !== "created") throw refused(session, name, answer);
}

async function isListed(session: Session, list: string, name: string): Promise<boolean> {
  const entries = await showCrtList(session, list);
  return !("kind" in entries) && entries.some((entry) => entry.certificate === name);
}

function noEffect(node: string, certificate: string): HaproxyError {
  return new HaproxyError("HAPROXY_NOT_APPLIED", `${node} reported success for ${certificate} but changed nothing.`, {
    node,
    certificate,
    retryable: true,
    hint: "Something else, perhaps HAProxy's own ACME client, replaced it at the same time. Push again.",
  });
}
