import type { AcmeClient } from "../acme/client.ts";
import { askRenewalInfo, certificateId, type RenewalWindow } from "../acme/renewal-info.ts";
import { readCertificate as readX509 } from "../acme/x509.ts";
import type { RenewalInfoState } from "../store/certificate-meta.ts";
import { type StoredCertificate, updateCertificateMeta } from "../store/certificates.ts";
import { toldOf } from "../told-of.ts";
import type { World } from "../world.ts";
import type { Run } from "./parts.ts";

/** Milliseconds; a day more than the longest time between questions. */
const longestWait = 8 * 86_400_000;

/** Whether the CA is to be asked for its renewal information. `now`: milliseconds since 1970. */
export function isTimeToAsk(before: RenewalInfoState | undefined, now: number): boolean {
  const wait = (before?.nextCheck ?? 0) - now;
  // Later than any answer can have asked for: noted while the clock was ahead.
  return wait <= 0 || wait > longestWait;
}

/**
 * Asks the CA when it suggests to renew (RFC 9773), if it is time to ask again, and remembers the answer. The moment chosen
 * in a window stays the same as long as the window does; a CA that fails or talks nonsense changes nothing.
 *
 * @param client undefined where the CA is not to be asked
 */
export async function refreshRenewalInfo(
  stored: StoredCertificate,
  client: () => Promise<AcmeClient | undefined>,
  run: Run,
): Promise<StoredCertificate> {
  const { world, store } = run;
  const before = stored.meta.renewalInfo;
  if (!isTimeToAsk(before, world.now())) return stored;
  const certId = before?.certId ?? certificateId(readX509(stored.leafPem));
  if (certId === undefined) return stored;
  try {
    const { signal } = world;
    const opened = await client();
    if (opened === undefined) return stored;
    const info = await askRenewalInfo(opened, certId, new Date(stored.meta.notAfter), { signal });
    const nextCheck = world.now() + info.retryAfter * 1000;
    // That a CA never said anything is no news.
    if (info.window === undefined && before?.window !== undefined) tellNone(stored.meta.name, info.reason, world);
    // A CA that is silent today has not taken back what it said yesterday.
    const said =
      info.window === undefined ? before : suggested(before, info.window, info.explanationUrl, world.random());
    const next = { ...said, certId, nextCheck };
    // Where another run stored a new certificate meanwhile, the answer is not about that.
    const meta = await updateCertificateMeta(store, stored.meta.name, (current) =>
      current.generation === stored.meta.generation ? { ...current, renewalInfo: next } : current,
    );
    return { ...stored, meta };
  } catch (error) {
    world.signal.throwIfAborted();
    tellFault(stored.meta.name, error, world);
    return stored;
  }
}

/** A CA that cannot be asked says nothing; what else kept it from being asked, or its answer from being noted, is told as it is. */
function tellFault(certificate: string, thrown: unknown, world: Pick<World, "emit">): void {
  const { message, ...told } = toldOf(thrown);
  if (told.code.startsWith("ACME_")) tellNone(certificate, message, world);
  else
    world.emit({ type: "warning", ...told, certificate, message: `when the CA would renew is not known: ${message}` });
}

function tellNone(certificate: string, reason: string | undefined, { emit }: Pick<World, "emit">): void {
  const message = `the CA does not say when to renew: ${reason}`;
  emit({ type: "warning", code: "RENEWAL_INFO_UNAVAILABLE", certificate, message });
}

/** What the CA suggests, with a uniformly random moment of it (RFC 9773 section 4.2), kept while the window is unchanged. */
export function suggested(
  before: RenewalInfoState | undefined,
  window: RenewalWindow,
  explanationUrl: string | undefined,
  random: number,
): Pick<RenewalInfoState, "window" | "chosen" | "explanationUrl"> {
  const start = window.start.getTime();
  const end = window.end.getTime();
  const isUnchanged = before?.window?.start === start && before.window.end === end;
  const chosen = (isUnchanged ? before.chosen : undefined) ?? Math.floor(start + (end - start) * random);
  return { window: { start, end }, chosen, ...(explanationUrl === undefined ? {} : { explanationUrl }) };
}
