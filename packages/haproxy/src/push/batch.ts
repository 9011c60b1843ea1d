import { setImmediate } from "node:timers/promises";
import type { Bundle, PemPair } from "../certificate/pem.ts";
import { planRequests, refuseBundle, refuseDates, refusePlace, sizeLimits } from "../certificate/refusals.ts";
import { isIdentical, isSame } from "../certificate/served.ts";
import { keepFormer, openFileChanges } from "../disk/file-changes.ts";
import { planFiles } from "../disk/files.ts";
import { hasCode } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { isLocked, whileLocked } from "../runtime/locked.ts";
import { showCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { canSendAhead, replaceOnce, setAndCommit } from "../runtime/transaction.ts";
import type { PushRequest } from "./push-request.ts";
import { remarksBefore } from "./remarks.ts";
import type { Settings } from "./settings.ts";

/* One certificate of many: the plain case of a push. Whatever is not plain goes the long way. */

/** A request that is nothing but the replacement of a named certificate. */
export type PlainRequest = PushRequest & { readonly certificate: string };

export function isPlain(request: PushRequest): request is PlainRequest {
  return request.certificate !== undefined && !request.add && (request.verify?.handshake ?? []).length === 0;
}

/** A certificate HAProxy took, with what proves it later. */
export interface Taken {
  readonly request: PlainRequest;
  readonly changed: boolean;
  readonly instances: number;
  readonly proof: Pick<Bundle, "serial" | "sha1" | "fingerprint256">;
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

/** What the certificates of a batch share. */
export interface BatchContext {
  readonly settings: Settings;
  readonly readBundle: (pair: PemPair) => Bundle;
  /** Directories in which nothing is left of pushes that were killed. */
  readonly swept: Set<string>;
  /** Bounds how many changes are under way at once; what comes before them may be further ahead. */
  readonly inTurn: <T>(change: () => Promise<T>) => Promise<T>;
  /** Told the name before HAProxy may have a transaction for it, and when it has none any more. */
  readonly begun: (name: string) => void;
  readonly ended: (name: string) => void;
}

/** True for failures after which nothing can be asked on the same session. */
export function isEndOfSession(error: unknown, { signal }: Settings): boolean {
  return signal.aborted || hasCode(error, "HAPROXY_CONNECTION_CUT", "HAPROXY_TIMEOUT");
}

/**
 * Replaces one certificate under the node's lock, without waiting for anything but HAProxy's short locks.
 *
 * @returns undefined when it takes a full push: then nothing has changed
 * @throws HaproxyError for what a full push would refuse too, and for the end of the session
 */
export async function takePlain(
  session: Session,
  request: PlainRequest,
  { inTurn, begun, ended, settings, readBundle, swept }: BatchContext,
): Promise<Taken | undefined> {
  const name = request.certificate;
  // What is ready to be sent goes out before more is parsed, or HAProxy would wait for that.
  await setImmediate();
  const given = readBundle(request.pem);
  refuseDates(given, new Date(settings.now()));
  const context = { patience: settings.limits, signal: settings.signal };
  const present = await whileLocked(session, context, () => showCertificate(session, name));
  if ("kind" in present) return undefined;
  // What happens to the response that is stapled has to be looked at afterwards, and told.
  if (present.ocspKey !== undefined && !isIdentical(present, given)) return undefined;
  const place = { node: settings.node.id, name, present, allowFewerNames: request.allowFewerNames ?? false };
  refusePlace(given, place);
  const { plan, bundle } = await keepFormer(planFiles(settings.node, name, present, request.disk), given);
  const requests = planRequests(bundle, place, sizeLimits(session));

  await settings.permit(bundle, { name, present, plan });
  // Where no file could be left with a wrong key, HAProxy's own look at it at the commit is enough.
  if (plan.kind === "files") refuseBundle(bundle, new Date(settings.now()));
  const files = openFileChanges(settings.node.id, settings.emit, swept);
  await files.writeCertificate(plan, bundle);
  const { serial, sha1, fingerprint256 } = bundle;
  const taken = {
    request,
    proof: { serial, sha1, fingerprint256 },
    files: files.paths,
    warnings: remarksBefore(bundle, { name, present }, plan),
  };
  if (isIdentical(present, bundle)) return { ...taken, changed: false, instances: 0 };

  const change = canSendAhead(session.worker.version) ? setAndCommit : replaceOnce;
  try {
    const answer = await inTurn(() => {
      begun(name);
      return whileLocked(session, context, () => change(session, name, requests));
    });
    ended(name);
    if (answer.kind === "committed" && answer.instances > 0) {
      return { ...taken, changed: true, instances: answer.instances };
    }
  } catch (error) {
    await files.restore();
    throw error;
  }
  await files.restore();
  return undefined;
}

/** Which of these certificates HAProxy shows as they were taken, and how they are used. */
export async function showTaken(
  session: Session,
  taken: readonly Taken[],
  settings: Settings,
): Promise<readonly (CertificateDetails | undefined)[]> {
  const context = { patience: settings.limits, signal: settings.signal };
  const answers = session.together(() => taken.map(({ request }) => showCertificate(session, request.certificate)));
  return Promise.all(
    taken.map(async ({ request, proof }, index) => {
      const answer = await answers[index];
      const shown =
        answer && isLocked(answer)
          ? await whileLocked(session, context, () => showCertificate(session, request.certificate))
          : answer;
      return !shown || "kind" in shown || !isSame(shown, proof) ? undefined : shown;
    }),
  );
}
