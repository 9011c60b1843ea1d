import { messageOf } from "@certwright/provider";
import { type Bundle, readBundle } from "../certificate/pem.ts";
import { isSame } from "../certificate/served.ts";
import { canBeAsked, canBeNamed, lookAround, lookAtFile, lookOnce, type Reach } from "../dataplane/look.ts";
import { type Desk, openApi } from "../dataplane/open-api.ts";
import { apiRequestFor } from "../dataplane/target.ts";
import { indexOf, type NameIndex } from "../push/many-names.ts";
import { inHandshakes, type Sight, type Sights, until } from "../push/sights.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { DataplaneFleetNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";

interface Asked {
  readonly desk: Desk;
  readonly reach: Reach;
  readonly index: NameIndex;
}

/**
 * Compares the certificates of the store with what a node shows through its Data Plane API, which tells serial numbers
 * of files and no more. Nothing is changed.
 *
 * @throws the signal's reason, and what loading a certificate throws
 */
export async function* lookThroughDataplane(
  node: DataplaneFleetNode,
  certificates: FleetCertificates,
  world: FleetWorld,
): AsyncGenerator<Sights & { readonly node: string; readonly certificate: string }> {
  const asked = await ask(node, world);
  try {
    for (const { name } of certificates.list) {
      const request = apiRequestFor(node, await certificates.load(name));
      const bundle = readBundle(request.pem);
      const settings = "desk" in asked ? asked.desk : undefined;
      const seen =
        "desk" in asked
          ? await look(asked, bundle, request.certificate)
          : { memory: asked.error, disk: { kind: "unknown" } as const };
      const handshake: Sight = settings
        ? await inHandshakes(bundle, request, settings)
        : { kind: "unknown", detail: "the node was not asked" };
      yield { node: node.id, certificate: name, ...seen, handshake };
    }
  } finally {
    if ("desk" in asked) asked.desk.api.close();
  }
}

async function ask(node: DataplaneFleetNode, world: FleetWorld): Promise<Asked | { readonly error: Sight }> {
  try {
    const desk = await openApi(node.node, world);
    try {
      const reach = await lookAround(desk);
      return { desk, reach, index: indexOf(await reach.candidates(), node.id) };
    } catch (error) {
      desk.api.close();
      throw error;
    }
  } catch (error) {
    world.signal.throwIfAborted();
    return { error: unknown(error) };
  }
}

async function look(
  { desk, reach, index }: Asked,
  bundle: Bundle,
  given: string | undefined,
): Promise<Pick<Sights, "name" | "memory" | "disk">> {
  const name = given ?? index.find(bundle);
  if (name === undefined) {
    return {
      memory: { kind: "absent", detail: "no certificate with these names, or several" },
      disk: { kind: "unknown", detail: "no name in HAProxy" },
    };
  }
  try {
    const shown = reach.process && canBeAsked(name) ? await lookOnce(desk, reach, name) : undefined;
    const memory: Sight = reach.process ? sightOf(shown, bundle) : { kind: "unknown", detail: reach.unreached };
    return { name, memory, disk: await onDisk(desk, reach, shown?.certificateFile ?? name, bundle) };
  } catch (error) {
    desk.signal.throwIfAborted();
    return { name, memory: unknown(error), disk: unknown(error) };
  }
}

function sightOf(shown: CertificateDetails | undefined, bundle: Bundle): Sight {
  if (shown === undefined) return { kind: "absent" };
  return isSame(shown, bundle) ? { kind: "same" } : { kind: "other", detail: until(shown.notAfter) };
}

async function onDisk(desk: Desk, { stored }: Reach, path: string, bundle: Bundle): Promise<Sight> {
  const file = stored.find((each) => each.file === path);
  if (file === undefined) return { kind: "unknown", detail: "its file is not one of those the API keeps" };
  const details = canBeNamed(file.storageName) ? await lookAtFile(desk, file) : undefined;
  if (details?.serial === undefined) return { kind: "unknown", detail: `the API cannot tell what ${path} holds` };
  return details.serial === bundle.serial ? { kind: "same" } : { kind: "other", detail: path };
}

function unknown(error: unknown): Sight {
  return { kind: "unknown", detail: messageOf(error) };
}
