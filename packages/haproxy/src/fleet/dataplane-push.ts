import { toldOf } from "@certwright/core/errors";
import { asError, isCertwrightError } from "@certwright/provider/errors";
import { readBundle } from "../certificate/pem.ts";
import { lookAround } from "../dataplane/look.ts";
import { type Desk, openApi } from "../dataplane/open-api.ts";
import { pushThroughApi } from "../dataplane/push.ts";
import { apiRequestFor, outcomeOf } from "../dataplane/target.ts";
import type { ApiPushRequest, ApiPushResult } from "../dataplane/work.ts";
import { hasCode } from "../errors.ts";
import { inLanes, supplyOf } from "../push/lanes.ts";
import { indexOf } from "../push/many-names.ts";
import { reloadNeeded, type TellResult } from "./fleet-node-push.ts";
import type { DataplaneFleetNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";

// As many as there are connections: HAProxy takes one after the other, but most of the time goes into the way there.
const lanes = 8;

/**
 * Brings certificates to one node through its Data Plane API, a few at a time. Failures are told, not thrown.
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
    emit({ type: "deploy.failed", certificate: name, target: node.id, ...toldOf(error) });
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
    const push = async ({ name, fingerprint256 }: FleetCertificates["list"][number]) => {
      try {
        const done = await batch.push(apiRequestFor(node, await certificates.load(name)));
        if (done.action === "reload-needed") throw reloadNeeded(done);
        tell(name, fingerprint256, { target: node.id, ok: true, ...outcomeOf(done) }, now());
      } catch (error) {
        fail(name, fingerprint256, error);
      }
    };
    await inLanes(lanes, supplyOf(certificates.list), () => true, push);
  } finally {
    desk.api.close();
  }
}

/** What one look shows serves for many pushes, until HAProxy turns out to be another. */
function createBatch(desk: Desk, node: DataplaneFleetNode, count: number) {
  let seen: ReturnType<typeof look> | undefined;
  const look = async () => {
    const reach = await lookAround(desk);
    const needsIndex = count > 1 && node.request.certificate === undefined;
    return { reach, index: needsIndex ? indexOf(await reach.candidates(), node.id) : undefined };
  };
  return {
    async push(request: ApiPushRequest): Promise<ApiPushResult> {
      seen ??= look();
      const mine = seen;
      const forget = () => {
        if (seen === mine) seen = undefined;
      };
      const { reach, index } = await mine.catch((error: unknown) => {
        forget();
        throw error;
      });
      const found = index?.find(readBundle(request.pem));
      const { add: _there, ...rest } = request;
      const named = found === undefined ? request : { ...rest, certificate: found };
      try {
        const done = await pushThroughApi(desk, named, async () => reach);
        if (done.pid !== (reach.process?.pid ?? 0)) forget();
        return done;
      } catch (error) {
        const isGone = hasCode(error, "HAPROXY_CERTIFICATE_UNKNOWN") && found !== undefined;
        if (isGone || (isCertwrightError(error) && error.retryable)) forget();
        throw error;
      }
    },
  };
}
