import { readBundle } from "../certificate/pem.ts";
import { allCandidates, lookAround, type Reach } from "../dataplane/look.ts";
import { type Desk, openApi } from "../dataplane/open-api.ts";
import { pushThroughApi } from "../dataplane/push.ts";
import { apiRequestFor, outcomeOf } from "../dataplane/target.ts";
import type { ApiPushRequest, ApiPushResult } from "../dataplane/work.ts";
import { indexOf, type NameIndex } from "../push/many-names.ts";
import { asError, describeFailure, reloadNeeded, type TellResult } from "./fleet-node-push.ts";
import type { DataplaneFleetNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";

/**
 * Brings certificates to one node through its Data Plane API, one after the other. Failures are told, not thrown.
 *
 * @throws the signal's reason
 */
export async function pushToDataplane(
  node: DataplaneFleetNode,
  certificates: FleetCertificates,
  tell: TellResult,
  world: FleetWorld,
): Promise<void> {
  const { signal, now, emit } = world;
  const fail = (name: string, fingerprint256: string, cause: unknown) => {
    signal.throwIfAborted();
    const error = asError(cause);
    emit({ type: "deploy.failed", certificate: name, target: node.id, ...describeFailure(error) });
    tell(name, fingerprint256, { target: node.id, ok: false, error }, now());
  };
  let desk: Desk;
  try {
    desk = await openApi(node.node, world);
  } catch (error) {
    for (const { name, fingerprint256 } of certificates.list) fail(name, fingerprint256, error);
    return;
  }
  try {
    const batch = createBatch(desk, node, certificates.list.length);
    for (const { name, fingerprint256 } of certificates.list) {
      try {
        const done = await batch.push(apiRequestFor(node, await certificates.load(name)));
        if (done.action === "reload-needed") throw reloadNeeded(done);
        tell(name, fingerprint256, { target: node.id, ok: true, ...outcomeOf(done) }, now());
      } catch (error) {
        fail(name, fingerprint256, error);
      }
    }
  } finally {
    desk.api.close();
  }
}

/** What one look shows serves for many pushes, until one of them adds something or fails. */
function createBatch(desk: Desk, node: DataplaneFleetNode, count: number) {
  let seen: Promise<{ readonly reach: Reach; readonly index: NameIndex | undefined }> | undefined;
  const look = async () => {
    const reach = await lookAround(desk);
    const needsIndex = count > 1 && node.request.certificate === undefined;
    return { reach, index: needsIndex ? indexOf(await allCandidates(desk, reach), node.id) : undefined };
  };
  return {
    async push(request: ApiPushRequest): Promise<ApiPushResult> {
      seen ??= look();
      try {
        const { reach, index } = await seen;
        const found = index?.find(readBundle(request.pem));
        const { add: _there, ...rest } = request;
        const named = found === undefined ? request : { ...rest, certificate: found };
        const done = await pushThroughApi(desk, named, reach);
        if (done.action === "added" || done.reloaded) seen = undefined;
        return done;
      } catch (error) {
        seen = undefined;
        throw error;
      }
    },
  };
}
