import { type Identifier, sameIdentifiers } from "../identifier.ts";
import type { CertificateSpec } from "../spec.ts";

/** What is known of a certificate that was issued before. */
export interface StoredFacts {
  readonly identifiers: readonly Identifier[];
  readonly keyType: string;
  readonly profile: string | undefined;
  readonly directoryUrl: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly revoked: boolean;
  /** RFC 9773 certificate identifier, where the certificate has an authority key identifier. */
  readonly certId: string | undefined;
  /** The moment chosen inside the CA's suggested window, where the CA suggests one. */
  readonly suggested: { readonly at: Date; readonly explanation: string | undefined } | undefined;
  /** Deploy targets that do not have this certificate yet, with the earliest moment of the next try. */
  readonly undeployed: readonly UndeployedFacts[];
}

interface UndeployedFacts {
  readonly target: string;
  readonly notBefore: Date | undefined;
  /** The target took it, and only some part of it is still to come. */
  readonly isPart?: boolean;
  /** Why it does not have it. */
  readonly lastError?: { readonly code: string; readonly message: string };
}

/** A target at which a certificate is known not to be live, and whose next try is still ahead. */
export interface WaitingTarget {
  readonly target: string;
  readonly next: Date;
  readonly lastError?: { readonly code: string; readonly message: string };
}

/** What will be done for one certificate, and why. */
export type Action =
  | {
      readonly do: "issue";
      readonly spec: CertificateSpec;
      readonly reason: string;
      readonly replaces: string | undefined;
      /** An ordinary renewal: it may be put off until then, so that not all come at once. Left out: it must not wait. */
      readonly latest?: Date;
    }
  | {
      readonly do: "deploy";
      readonly spec: CertificateSpec;
      readonly targets: readonly string[];
      readonly reason: string;
      readonly waiting?: readonly WaitingTarget[];
    }
  | {
      readonly do: "nothing";
      readonly spec: CertificateSpec;
      readonly reason: string;
      readonly next: Date;
      readonly waiting?: readonly WaitingTarget[];
    };

/**
 * Decides what to do for one certificate. Pure: the same facts give the same action, so a preview is the run.
 *
 * A certificate is due at the moment chosen inside the CA's suggested window (RFC 9773 section 4.2), but never later than
 * when a sixth of its life is left; without a suggestion when a third is left, or half of a life under ten days.
 */
export function planCertificate(
  spec: CertificateSpec,
  stored: StoredFacts | undefined,
  options: { readonly now: Date; readonly force: boolean },
): Action {
  const issue = (reason: string, replaces?: string): Action => ({ do: "issue", spec, reason, replaces });
  if (stored === undefined) return issue("not issued yet");
  if (stored.revoked) return issue("the certificate was revoked");
  const changed = whatChanged(spec, stored);
  if (changed !== undefined) return issue(changed);
  if (options.force) return issue("forced", stored.certId);
  const due = dueMoment(stored);
  if (due.at <= options.now) {
    const latest = latestMoment(stored);
    return { ...issue(due.reason, stored.certId), ...(latest === undefined ? {} : { latest }) };
  }
  const ready = stored.undeployed.filter((each) => !isPutOff(each, options.now));
  const putOff = stored.undeployed.filter((each): each is PutOff => isPutOff(each, options.now));
  const late = putOff.flatMap(({ target, notBefore: next, isPart, lastError }) =>
    isPart ? [] : [{ target, next, ...(lastError === undefined ? {} : { lastError }) }],
  );
  const waiting = late.length === 0 ? {} : { waiting: late };
  if (ready.length > 0) {
    return {
      do: "deploy",
      spec,
      targets: ready.map(({ target }) => target),
      reason: `issued, but not live at ${ready.map(({ target }) => target).join(", ")}`,
      ...waiting,
    };
  }
  const next = new Date(Math.min(due.at.getTime(), ...putOff.map(({ notBefore }) => notBefore.getTime())));
  const lacking = stored.undeployed.map(({ target }) => target).join(", ");
  const reason = `not due: ${due.reason}${lacking === "" ? "" : `; not live at ${lacking}, where the next try is later`}`;
  return { do: "nothing", spec, reason, next, ...waiting };
}

type PutOff = UndeployedFacts & { readonly notBefore: Date };

function isPutOff({ notBefore }: UndeployedFacts, now: Date): boolean {
  return notBefore !== undefined && isAhead(notBefore, now);
}

/** Milliseconds; no target asks for more patience. What lies further ahead was noted while the clock was wrong. */
const longestPause = 2 * 86_400_000;

function isAhead(moment: Date, now: Date): boolean {
  const wait = moment.getTime() - now.getTime();
  return wait > 0 && wait <= longestPause;
}

type Life = Pick<StoredFacts, "notBefore" | "notAfter" | "suggested">;

/** Share of the life that is left when a certificate is renewed, whatever anybody suggests. */
const backstopShare = 1 / 6;
/** Share of the life by which a CA may suggest an earlier moment than the usual one without being in a hurry. */
const ordinaryShare = 1 / 20;

/** When a certificate is due, and by which rule. */
export function dueMoment(stored: Life): { readonly at: Date; readonly reason: string } {
  if (stored.suggested !== undefined) {
    const backstop = atShareLeft(stored, backstopShare);
    if (stored.suggested.at > backstop)
      return { at: backstop, reason: "a sixth of its life is left (the CA suggests a later moment)" };
    const why = stored.suggested.explanation === undefined ? "" : `, see ${stored.suggested.explanation}`;
    return { at: stored.suggested.at, reason: `the CA suggests ${stored.suggested.at.toISOString()}${why}` };
  }
  const short = lifetimeOf(stored) < 10 * 86_400_000;
  return {
    at: atShareLeft(stored, short ? 1 / 2 : 1 / 3),
    reason: `${short ? "half" : "a third"} of its life is left`,
  };
}

/** Until when the renewal of a certificate that is due may wait for others; undefined where the CA is in a hurry: a window far before the usual time is how it says that it will revoke. */
function latestMoment(stored: Life): Date | undefined {
  const usual = dueMoment({ ...stored, suggested: undefined }).at.getTime();
  const hurry = (stored.suggested?.at.getTime() ?? usual) < usual - lifetimeOf(stored) * ordinaryShare;
  return hurry ? undefined : atShareLeft(stored, backstopShare);
}

function lifetimeOf({ notBefore, notAfter }: Life): number {
  return notAfter.getTime() - notBefore.getTime();
}

function atShareLeft(stored: Life, share: number): Date {
  return new Date(stored.notAfter.getTime() - lifetimeOf(stored) * share);
}

function whatChanged(spec: CertificateSpec, stored: StoredFacts): string | undefined {
  if (!sameIdentifiers(spec.identifiers, stored.identifiers)) return "the names changed";
  if (spec.csrFile === undefined && spec.keyType !== stored.keyType)
    return `the key type changed from ${stored.keyType} to ${spec.keyType}`;
  if (spec.profile !== stored.profile)
    return `the profile changed from ${stored.profile ?? "the CA's default"} to ${spec.profile ?? "the CA's default"}`;
  if (!spec.cas.some(({ directoryUrl }) => directoryUrl === stored.directoryUrl)) return "the CA changed";
  return undefined;
}
