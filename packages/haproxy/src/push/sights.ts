import { messageOf } from "@certwright/provider";
import type { LeafFacts } from "../certificate/leaf.ts";
import { type Bundle, readBundle } from "../certificate/pem.ts";
import { isSame } from "../certificate/served.ts";
import { readRegularFile } from "../disk/disk.ts";
import { type FilePlan, planFiles } from "../disk/files.ts";
import { hasCode } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { refused } from "../runtime/refused.ts";
import { showCertificate } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { addressOf, shakeHands } from "./handshake.ts";
import { type NameIndex, readNameIndex } from "./many-names.ts";
import type { PushRequest } from "./push-request.ts";
import type { Settings } from "./settings.ts";

/** What one place has, against what it should have. `detail` is for people. */
export interface Sight {
  readonly kind: "same" | "other" | "absent" | "unknown";
  readonly detail?: string;
}

/** One certificate at one HAProxy: what is on disk, what it holds, what its clients are shown. */
export interface Sights {
  /** Its name in HAProxy, where it has one. */
  readonly name?: string;
  readonly disk: Sight;
  readonly memory: Sight;
  readonly handshake: Sight;
}

/** Where to look: as a push of the certificate would. */
export type Place = Pick<PushRequest, "certificate" | "disk" | "verify">;

/** A HAProxy that was reached, or why it was not. */
export type Asked = { readonly session: Session; readonly index: NameIndex } | { readonly error: Sight };

/** For those who name each certificate. */
export const noIndex: NameIndex = { find: () => undefined };

/** Reaches a HAProxy, and reads its index where there is none. @throws the signal's reason */
export async function ask(index: NameIndex | undefined, settings: Settings): Promise<Asked> {
  try {
    const session = await settings.open();
    try {
      return { session, index: index ?? (await readNameIndex(session, settings)) };
    } catch (error) {
      session.close();
      throw error;
    }
  } catch (error) {
    settings.signal.throwIfAborted();
    return { error: { kind: "unknown", detail: messageOf(error) } };
  }
}

/**
 * Looks at one certificate. Nothing is changed.
 *
 * @param permit refuses to look at what a name leads to
 * @throws what `permit` throws, and the signal's reason
 */
export async function look(
  leaf: LeafFacts,
  place: Place,
  asked: Asked,
  settings: Settings,
  permit?: (name: string, present: CertificateDetails | undefined) => void,
): Promise<Sights> {
  const { name, shown, memory } = await inMemory(leaf, place, asked, settings);
  if (name !== undefined) permit?.(name, shown);
  return {
    ...(name === undefined ? {} : { name }),
    memory,
    disk:
      name === undefined
        ? { kind: "unknown", detail: "no name in HAProxy" }
        : await onDisk(place, name, shown, leaf, settings),
    handshake: await inHandshakes(leaf, place, settings),
  };
}

async function inMemory(
  leaf: LeafFacts,
  { certificate: given }: Place,
  asked: Asked,
  settings: Settings,
): Promise<{ readonly name?: string; readonly shown?: CertificateDetails; readonly memory: Sight }> {
  if ("error" in asked) return { ...(given === undefined ? {} : { name: given }), memory: asked.error };
  const name = given ?? asked.index.find(leaf);
  if (name === undefined) return { memory: { kind: "absent", detail: "no certificate with these names, or several" } };
  const { session } = asked;
  const context = { patience: settings.limits, signal: settings.signal };
  try {
    const shown = await whileLocked(session, context, () => showCertificate(session, name));
    if (!("kind" in shown)) {
      const same = isSame(shown, leaf);
      return { name, shown, memory: same ? { kind: "same" } : { kind: "other", detail: until(shown.notAfter) } };
    }
    if (shown.kind === "unknown") return { name, memory: { kind: "absent" } };
    throw refused(session, name, shown);
  } catch (error) {
    settings.signal.throwIfAborted();
    return { name, memory: { kind: "unknown", detail: messageOf(error) } };
  }
}

async function onDisk(
  { disk }: Place,
  name: string,
  shown: CertificateDetails | undefined,
  leaf: LeafFacts,
  { node }: Settings,
): Promise<Sight> {
  const plan = planFiles(node, name, shown, disk);
  if (plan.kind === "none") return { kind: "unknown", detail: plan.reason };
  try {
    const found = await readPlanned(plan);
    if (found === undefined) return { kind: "absent", detail: plan.certificate };
    if (found.fingerprint256 !== leaf.fingerprint256) return { kind: "other", detail: until(found.notAfter) };
    return found.keyMatches ? { kind: "same" } : { kind: "other", detail: "its key does not belong to it" };
  } catch (error) {
    if (hasCode(error, "HAPROXY_BAD_PEM", "HAPROXY_NOT_A_FILE")) return { kind: "other", detail: messageOf(error) };
    return { kind: "unknown", detail: messageOf(error) };
  }
}

async function readPlanned(plan: FilePlan & { kind: "files" }): Promise<Bundle | undefined> {
  const certificate = (await readRegularFile(plan.certificate))?.toString("latin1");
  if (certificate === undefined) return undefined;
  // As HAProxy does: the key from the same file, else from the one beside it.
  const places = [plan.key, `${plan.certificate}.key`, plan.certificate.replace(/\.crt$/, ".key")];
  let key = certificate;
  for (const place of places) {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) break;
    if (place !== undefined) key = (await readRegularFile(place))?.toString("latin1") ?? key;
  }
  return readBundle({ key, chain: certificate });
}

/** What clients are shown at the points of a place. @throws the signal's reason */
export async function inHandshakes(
  leaf: LeafFacts,
  { verify }: Pick<Place, "verify">,
  { signal, limits }: Pick<Settings, "signal"> & { readonly limits: Pick<Settings["limits"], "handshakeTimeout"> },
): Promise<Sight> {
  const points = verify?.handshake ?? [];
  if (points.length === 0) return { kind: "unknown", detail: "no address to ask; see --check" };
  for (const point of points) {
    const shown = await shakeHands(point, { signal, timeout: limits.handshakeTimeout, keyType: leaf.keyType });
    if (shown.kind === "failed") return { kind: "absent", detail: `${addressOf(point)}: ${shown.reason}` };
    if (shown.fingerprint256 !== leaf.fingerprint256) return { kind: "other", detail: addressOf(point) };
  }
  return { kind: "same" };
}

/** What another certificate than ours is, for people. */
export function until(date: Date | undefined): string {
  return date === undefined ? "another certificate" : `another, valid until ${date.toISOString().slice(0, 10)}`;
}
