import type { DnsBinding, World } from "@certwright/core";
import type { Effect, Journal } from "@certwright/core/store";
import type { Connect } from "../runtime/connect.ts";
import type { Node } from "../runtime/node.ts";
import { type Alarms, createAlarms } from "./alarms.ts";
import type { Places } from "./copies.ts";
import type { AcmeCertificate, SectionSettings } from "./domains.ts";
import { defaultOrderLimits, type OrderLimits } from "./orders.ts";
import type { Solving } from "./solve.ts";
import { type AskWorker, askWorker } from "./worker.ts";

/** What an agent is made of. */
export interface AgentOptions {
  /** The master socket. */
  readonly node: Extract<Node, { kind: "master" }>;
  readonly world: World;
  /** Open for this agent alone. */
  readonly journal: Pick<Journal, "record" | "done" | "pending" | "adopt">;
  /** How records are placed and waited for. */
  readonly solving: Omit<Solving, "journal" | "world">;
  /** The DNS providers for a certificate, by what its `acme` section says. Asked for each order. */
  readonly bindings: (wanted: SectionSettings) => Promise<readonly DnsBinding[]>;
  /** HAProxy's configuration as it is now, by certificate; asked again and again, for it may change with any reload. */
  readonly config: () => Promise<ReadonlyMap<string, AcmeCertificate>>;
  readonly places?: Places;
  /** Undoes what another kind of run left in the state; a text says why it could not. Default: it is left there. */
  readonly undoOther?: (effect: Effect) => Promise<string | undefined>;
  readonly limits?: Partial<OrderLimits>;
  readonly connect?: Connect;
}

/** An agent's options with every default filled in, and what its parts share. */
export interface Office extends Omit<AgentOptions, "limits" | "places" | "solving"> {
  readonly places: Places;
  readonly solving: Solving;
  readonly limits: OrderLimits;
  readonly ask: AskWorker;
  readonly alarms: Alarms;
  /** What the configuration says; nothing where it cannot be read, which is told. */
  readonly configuration: () => Promise<ReadonlyMap<string, AcmeCertificate>>;
  /** What it says of one certificate. */
  readonly configured: (certificate: string) => Promise<AcmeCertificate | undefined>;
}

/** Name in the journal of what is done for a certificate of a node. */
export function labelOf({ node }: Pick<AgentOptions, "node">, certificate: string): string {
  return `${node.id} ${certificate}`;
}

export function openOffice(options: AgentOptions): Office {
  const { node, world, journal, connect } = options;
  const alarms = createAlarms(world.emit);
  const configuration = async () => {
    try {
      const found = await options.config();
      alarms.clear("config");
      return found;
    } catch (error) {
      alarms.raise("config", error);
      return new Map<string, AcmeCertificate>();
    }
  };
  return {
    ...options,
    places: options.places ?? {},
    solving: { ...options.solving, journal, world },
    limits: { ...defaultOrderLimits, ...options.limits },
    ask: askWorker(node, world, connect),
    alarms,
    configuration,
    configured: async (certificate) => (await configuration()).get(certificate),
  };
}
