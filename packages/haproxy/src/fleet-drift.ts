import { readRegularFile } from "./disk.ts";
import { hasCode } from "./errors.ts";
import { type FilePlan, planFiles } from "./files.ts";
import type { FleetNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";
import { addressOf, shakeHands } from "./handshake.ts";
import type { CertificateDetails } from "./listings.ts";
import { whileLocked } from "./locked.ts";
import { type NameIndex, readNameIndex } from "./many-names.ts";
import { type Bundle, readBundle } from "./pem.ts";
import type { PushRequest } from "./push-request.ts";
import { refused } from "./refused.ts";
import { showCertificate } from "./runtime.ts";
import { isSame } from "./served.ts";
import type { Session } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { requestFor } from "./target.ts";

/** What one place has, against what the store has. `detail` is for people. */
export interface Sight {
  readonly kind: "same" | "other" | "absent" | "unknown";
  readonly detail?: string;
}

/** One certificate at one node: what is on disk, what HAProxy holds, what its clients are shown. */
export interface Drift {
  readonly node: string;
  readonly certificate: string;
  /** Its name in HAProxy, where it has one. */
  readonly name?: string;
  readonly disk: Sight;
  readonly memory: Sight;
  readonly handshake: Sight;
}

// Asked together; their bundles are in memory at one time.
const together = 50;

/**
 * Compares the certificates of the store with what a node has. Nothing is changed. A node that cannot be asked has
 * `unknown` for its memory, with why.
 *
 * @throws the signal's reason, and what loading a certificate throws
 */
export async function* lookForDrift(
  node: FleetNode,
  certificates: FleetCertificates,
  world: FleetWorld,
): AsyncGenerator<Drift> {
  const { signal, now, limits, connect } = world;
  const settings = settingsOf(node.node, {
    signal,
    now,
    ...(limits ? { limits } : {}),
    ...(connect ? { connect } : {}),
  });
  const asked = await ask(node, settings);
  try {
    for (let start = 0; start < certificates.list.length; start += together) {
      const some = certificates.list.slice(start, start + together);
      yield* await Promise.all(some.map(({ name }) => look(name, node, certificates, asked, settings)));
    }
  } finally {
    if (!("error" in asked)) asked.session.close();
  }
}

type Asked = { readonly session: Session; readonly index: NameIndex } | { readonly error: Sight };

async function ask(node: FleetNode, settings: Settings): Promise<Asked> {
  try {
    const session = await settings.open();
    try {
      const index = node.request.certificate === undefined ? await readNameIndex(session, settings) : nobody;
      return { session, index };
    } catch (error) {
      session.close();
      throw error;
    }
  } catch (error) {
    settings.signal.throwIfAborted();
    return { error: { kind: "unknown", detail: messageOf(error) } };
  }
}

const nobody: NameIndex = { find: () => undefined };

async function look(
  certificate: string,
  node: FleetNode,
  { load }: FleetCertificates,
  asked: Asked,
  settings: Settings,
): Promise<Drift> {
  const request = requestFor(node, await load(certificate));
  const bundle = readBundle(request.pem);
  const { name, shown, memory } = await inMemory(request, bundle, asked, settings);
  return {
    node: node.id,
    certificate,
    ...(name === undefined ? {} : { name }),
    memory,
    disk:
      name === undefined
        ? { kind: "unknown", detail: "no name in HAProxy" }
        : await onDisk(node, request, name, shown, bundle),
    handshake: await inHandshakes(request, bundle, settings),
  };
}

async function inMemory(
  request: PushRequest,
  bundle: Bundle,
  asked: Asked,
  settings: Settings,
): Promise<{ readonly name?: string; readonly shown?: CertificateDetails; readonly memory: Sight }> {
  const given = request.certificate;
  if ("error" in asked) return { ...(given === undefined ? {} : { name: given }), memory: asked.error };
  const name = given ?? asked.index.find(bundle);
  if (name === undefined) return { memory: { kind: "absent", detail: "no certificate with these names, or several" } };
  const { session } = asked;
  const context = { patience: settings.limits, signal: settings.signal };
  try {
    const shown = await whileLocked(session, context, () => showCertificate(session, name));
    if (!("kind" in shown)) {
      const same = isSame(shown, bundle);
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
  { node }: FleetNode,
  { disk }: PushRequest,
  name: string,
  shown: CertificateDetails | undefined,
  bundle: Bundle,
): Promise<Sight> {
  const plan = planFiles(node, name, shown, disk);
  if (plan.kind === "none") return { kind: "unknown", detail: plan.reason };
  try {
    const found = await readPlanned(plan);
    if (found === undefined) return { kind: "absent", detail: plan.certificate };
    if (found.fingerprint256 !== bundle.fingerprint256) return { kind: "other", detail: until(found.notAfter) };
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

async function inHandshakes({ verify }: PushRequest, bundle: Bundle, { signal, limits }: Settings): Promise<Sight> {
  const points = verify?.handshake ?? [];
  if (points.length === 0) return { kind: "unknown", detail: "no address to ask; see --check" };
  for (const point of points) {
    const shown = await shakeHands(point, { signal, timeout: limits.handshakeTimeout, keyType: bundle.keyType });
    if (shown.kind === "failed") return { kind: "absent", detail: `${addressOf(point)}: ${shown.reason}` };
    if (shown.fingerprint256 !== bundle.fingerprint256) return { kind: "other", detail: addressOf(point) };
  }
  return { kind: "same" };
}

function until(date: Date | undefined): string {
  return date === undefined ? "another certificate" : `another, valid until ${date.toISOString().slice(0, 10)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
