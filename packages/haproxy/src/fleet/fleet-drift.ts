import { type Bundle, readBundle } from "../certificate/pem.ts";
import type { PushRequest } from "../push/push-request.ts";
import { type Settings, settingsOf } from "../push/settings.ts";
import { ask, look, noIndex, type Sights } from "../push/sights.ts";
import { requestFor } from "../target.ts";
import { openAgentLook } from "./agent-drift.ts";
import { lookThroughDataplane } from "./dataplane-drift.ts";
import { type FleetNode, hasDataplane, type RuntimeNode } from "./fleet-nodes.ts";
import type { FleetCertificates, FleetWorld } from "./fleet-push.ts";

/** One certificate at one node: what is on disk, what HAProxy holds, what its clients are shown. */
export interface Drift extends Sights {
  readonly node: string;
  readonly certificate: string;
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
  if (hasDataplane(node)) {
    yield* lookThroughDataplane(node, certificates, world);
    return;
  }
  const { signal, now, limits, connect } = world;
  const settings = settingsOf(node.node, {
    signal,
    now,
    ...(limits ? { limits } : {}),
    ...(connect ? { connect } : {}),
  });
  const looking = await open(node, settings);
  try {
    for (let start = 0; start < certificates.list.length; start += together) {
      const some = certificates.list.slice(start, start + together);
      yield* await Promise.all(
        some.map(async ({ name }) => {
          const request = requestFor(node, await certificates.load(name));
          return { node: node.id, certificate: name, ...(await looking.at(readBundle(request.pem), request)) };
        }),
      );
    }
  } finally {
    looking.close();
  }
}

/** A way to look at certificates of one node. */
export interface Looking {
  at(bundle: Bundle, request: PushRequest): Promise<Sights>;
  close(): void;
}

async function open({ node, request }: RuntimeNode, settings: Settings): Promise<Looking> {
  if (node.kind === "agent") return openAgentLook(node, settings);
  const asked = await ask(request.certificate === undefined ? undefined : noIndex, settings);
  return {
    at: (bundle, place) => look(bundle, place, asked, settings),
    close: () => {
      if (!("error" in asked)) asked.session.close();
    },
  };
}
