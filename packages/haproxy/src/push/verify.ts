import { setTimeout as sleep } from "node:timers/promises";
import type { KeyType } from "../certificate/leaf.ts";
import type { Bundle } from "../certificate/pem.ts";
import { findShadows, isSame, type Shadow } from "../certificate/served.ts";
import { HaproxyError } from "../errors.ts";
import type { CertificateDetails, WorkerInfo } from "../runtime/listings.ts";
import { whileLocked } from "../runtime/locked.ts";
import { showCertificate, showCrtList, showSni } from "../runtime/runtime.ts";
import { addressOf, type HandshakePoint, type Shown, shakeHands } from "./handshake.ts";
import { isCurrent } from "./reload.ts";
import type { Settings } from "./settings.ts";

/** What a new connection to the node shows. */
export interface Loaded {
  readonly worker: WorkerInfo;
  readonly status: CertificateDetails["status"];
  /** As in {@link CertificateDetails}. */
  readonly ocspKey?: string;
  readonly warnings: readonly string[];
  readonly shadowed: boolean;
}

/** What was pushed, and where the push saw it go. */
export interface Expected {
  readonly name: string;
  readonly bundle: Bundle;
  /** What was there before. */
  readonly before?: CertificateDetails;
  /** The worker the push spoke to. */
  readonly worker: WorkerInfo;
  /** The list it must be in. */
  readonly list?: string;
}

/**
 * Looks at the certificate over a new connection, which leads to the current worker; the one used for the push may
 * have stayed with a worker that a reload is replacing.
 *
 * @throws HaproxyError HAPROXY_WORKER_REPLACED, HAPROXY_NOT_APPLIED, HAPROXY_OVERTAKEN
 */
export async function verifyLoaded(expected: Expected, settings: Settings): Promise<Loaded> {
  const session = await settings.open();
  try {
    const context = { patience: settings.limits, signal: settings.signal };
    const shown = await whileLocked(session, context, () => showCertificate(session, expected.name));
    const replaced = session.worker.pid !== expected.worker.pid;
    if ("kind" in shown || !isSame(shown, expected.bundle)) {
      throw notLoaded(expected, "kind" in shown ? undefined : shown, replaced, settings.node.id);
    }
    if (expected.list !== undefined) {
      const entries = await showCrtList(session, expected.list);
      if ("kind" in entries || !entries.some((entry) => entry.certificate === expected.name)) {
        throw notLoaded(expected, undefined, replaced, settings.node.id);
      }
    }
    const rows = await whileLocked(session, context, () => showSni(session));
    const shadows = "kind" in rows ? [] : findShadows(rows, new Set([expected.name]));
    if (!(await isCurrent(session))) throw notLoaded(expected, undefined, true, settings.node.id);
    settings.emit({ type: "verified", node: settings.node.id, certificate: expected.name, pid: session.worker.pid });
    return {
      worker: session.worker,
      status: shown.status,
      ...(shown.ocspKey === undefined ? {} : { ocspKey: shown.ocspKey }),
      shadowed: shadows.length > 0,
      warnings: describeShadows(shadows),
    };
  } finally {
    session.close();
  }
}

/** The first few shadows, for people. */
export function describeShadows(shadows: readonly Shadow[]): readonly string[] {
  const sentences = shadows
    .slice(0, 5)
    .map(
      ({ sni, frontend, certificate }) =>
        `${certificate} answers ${sni} on ${frontend} too, and may be served instead.`,
    );
  return shadows.length > 5 ? [...sentences, `So do others, ${shadows.length} in all.`] : sentences;
}

/** The error for a certificate that is not there after it was pushed; `replaced`: another worker answers now. */
export function notLoaded(
  expected: Pick<Expected, "name" | "before">,
  shown: CertificateDetails | undefined,
  replaced: boolean,
  node: string,
): HaproxyError {
  const about = { node, certificate: expected.name, retryable: true };
  if (replaced) {
    return new HaproxyError("HAPROXY_WORKER_REPLACED", `${node} was reloaded during the push.`, {
      ...about,
      hint: "Push again. If it happens often, push after reloads instead of beside them.",
    });
  }
  if (shown && expected.before && shown.serial === expected.before.serial) {
    return new HaproxyError("HAPROXY_NOT_APPLIED", `${node} reported success but still holds the former certificate.`, {
      ...about,
      hint: "Something else, perhaps HAProxy's own ACME client, replaced it at the same time. Push again.",
    });
  }
  return new HaproxyError("HAPROXY_OVERTAKEN", `Somebody else changed ${expected.name} in ${node} during the push.`, {
    ...about,
    hint: "Let one deployer look after each certificate.",
  });
}

/** What of a push's settings handshakes need. */
type ShakeSettings = Pick<Settings, "signal" | "emit"> & {
  readonly node: Pick<Settings["node"], "id">;
  readonly limits: Pick<Settings["limits"], "handshakeTimeout">;
};

/** Shakes hands at every point, as a client that knows one kind of key, and says what came. */
export async function shakeAll(
  points: readonly HandshakePoint[],
  keyType: KeyType,
  { signal, limits }: Pick<ShakeSettings, "signal" | "limits">,
): Promise<readonly Shown[]> {
  const shown: Shown[] = [];
  for (const point of points)
    shown.push(await shakeHands(point, { signal, timeout: limits.handshakeTimeout, keyType }));
  return shown;
}

/**
 * Checks that clients get the certificate at every point.
 *
 * @param before what the points showed before the push
 * @throws HaproxyError HAPROXY_HANDSHAKE_FAILED where the push broke something, HAPROXY_NOT_SERVED where it had no effect
 */
export async function checkHandshakes(
  points: readonly HandshakePoint[],
  expected: Pick<Expected, "name" | "bundle">,
  settings: ShakeSettings,
  before: readonly Shown[],
): Promise<void> {
  const node = settings.node.id;
  for (const [index, point] of points.entries()) {
    const shown = await shakeTwice(point, expected.bundle, settings);
    const address = addressOf(point);
    const asked = point.sni === undefined ? address : `${address} for ${point.sni}`;
    const about = { node, certificate: expected.name };
    if (shown.kind === "failed") {
      if (before[index]?.kind === "certificate") {
        throw new HaproxyError(
          "HAPROXY_HANDSHAKE_FAILED",
          `Since the push the handshake with ${asked} fails (${shown.reason}).`,
          {
            ...about,
            hint: "Compare the key type and names of the certificate with what clients need.",
          },
        );
      }
      throw new HaproxyError("HAPROXY_NOT_SERVED", `The handshake with ${asked} fails (${shown.reason}).`, {
        ...about,
        hint: "It failed before the push too, or was not tried. Check the address and the name; one with accept-proxy answers nobody but its proxy.",
      });
    }
    if (shown.fingerprint256 !== expected.bundle.fingerprint256) {
      throw new HaproxyError("HAPROXY_NOT_SERVED", `${asked} presents another certificate than the one pushed.`, {
        ...about,
        hint: "Another certificate there answers the same name, or the address belongs to another HAProxy.",
      });
    }
    settings.emit({ type: "handshake", node, address, sni: point.sni ?? "" });
  }
}

// One lost packet must not make us take back a good certificate.
async function shakeTwice(point: HandshakePoint, bundle: Bundle, settings: ShakeSettings): Promise<Shown> {
  const options = { signal: settings.signal, timeout: settings.limits.handshakeTimeout, keyType: bundle.keyType };
  const first = await shakeHands(point, options);
  if (first.kind === "certificate") return first;
  await sleep(200, undefined, { signal: settings.signal });
  return shakeHands(point, options);
}
