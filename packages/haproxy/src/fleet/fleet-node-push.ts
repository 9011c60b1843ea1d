import type { DeployableCertificate, TargetResult } from "@certwright/core";
import { toldOf } from "@certwright/core/errors";
import { asError } from "@certwright/provider/errors";
import { readBundle } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import { type NameIndex, readNameIndex } from "../push/many-names.ts";
import { type ManyOutcome, pushMany } from "../push/push-many.ts";
import type { PushRequest, PushResult } from "../push/push-request.ts";
import { settingsOf } from "../push/settings.ts";
import { outcomeOf, requestFor } from "../target.ts";
import type { RuntimeNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";

/** Told of each certificate, once. */
export type TellResult = (name: string, fingerprint256: string, result: TargetResult, at: number) => void;

/** Brings certificates to one node, one after the other. Failures are told, not thrown. @throws the signal's reason */
export async function pushToNode(
  node: RuntimeNode,
  certificates: FleetCertificates,
  tell: TellResult,
  world: FleetWorld,
): Promise<void> {
  const { signal, now, emit, limits, connect } = world;
  const context = { signal, now, ...(limits ? { limits } : {}), ...(connect ? { connect } : {}) };
  /** Those without an outcome yet. */
  const open = new Map(certificates.list.map(({ name, fingerprint256 }) => [name, fingerprint256]));
  // Of those under way, which are few: requests hold keys.
  const asked = new Map<PushRequest, { readonly name: string; readonly fingerprint256: string }>();

  const end = (name: string, result: TargetResult) => {
    const fingerprint256 = open.get(name);
    if (fingerprint256 === undefined) return;
    open.delete(name);
    tell(name, fingerprint256, result, now());
  };
  const fail = (name: string, error: Error) => {
    emit({ type: "deploy.failed", certificate: name, target: node.id, ...toldOf(error) });
    end(name, { target: node.id, ok: false, error });
  };
  const requestOf = (fingerprint256: string) =>
    [...asked].find(([, each]) => each.fingerprint256 === fingerprint256)?.[0];
  const onOutcome = (outcome: ManyOutcome) => {
    const request = outcome.kind === "failed" ? outcome.request : requestOf(outcome.result.fingerprint256);
    const name = request && asked.get(request)?.name;
    if (request === undefined || name === undefined) return;
    asked.delete(request);
    if (outcome.kind === "failed") fail(name, asError(outcome.error));
    else if (outcome.result.action === "reload-needed") fail(name, reloadNeeded(outcome.result));
    else end(name, { target: node.id, ok: true, ...outcomeOf(outcome.result) });
  };

  async function* requests(): AsyncGenerator<PushRequest> {
    const nameIn = await finder(node, certificates.list.length, world);
    for (const { name } of certificates.list) {
      let certificate: DeployableCertificate;
      try {
        certificate = await certificates.load(name);
      } catch (error) {
        signal.throwIfAborted();
        fail(name, asError(error));
        continue;
      }
      const request = nameIn(requestFor(node, certificate));
      asked.set(request, { name, fingerprint256: certificate.fingerprint256 });
      yield request;
    }
  }

  try {
    await pushMany(node.node, requests(), { ...context, onOutcome });
  } catch (cause) {
    signal.throwIfAborted();
    const error = asError(cause);
    emit({
      type: "deploy.failed",
      certificate: `${open.size} certificates`,
      target: node.id,
      ...toldOf(error),
    });
    for (const name of [...open.keys()]) end(name, { target: node.id, ok: false, error });
  }
}

/** Names the certificate to replace, where the target does not and there are many: asking for each would be slow. */
async function finder(
  { node, request }: RuntimeNode,
  count: number,
  { signal, now, limits, connect }: FleetWorld,
): Promise<(request: PushRequest) => PushRequest> {
  // A node agent finds them by itself.
  if (request.certificate !== undefined || count < 2 || node.kind === "agent") return (each) => each;
  const settings = settingsOf(node, { signal, now, ...(limits ? { limits } : {}), ...(connect ? { connect } : {}) });
  const session = await settings.open();
  let index: NameIndex;
  try {
    index = await readNameIndex(session, settings);
  } finally {
    session.close();
  }
  return (each) => {
    const found = index.find(readBundle(each.pem));
    if (found === undefined) return each;
    const { add: _present, ...rest } = each;
    return { ...rest, certificate: found };
  };
}

/** The failure of a node that only a change of its configuration and a reload can help. */
export function reloadNeeded({ node, name, reloadNeeded: reason = "HAProxy cannot take it at run time" }: PushResult) {
  return new HaproxyError("HAPROXY_RELOAD_NEEDED", `${name} is not live in ${node}: ${reason}.`, {
    node,
    certificate: name,
    hint: "Change the configuration as it says and reload; the next try then finds it.",
  });
}
