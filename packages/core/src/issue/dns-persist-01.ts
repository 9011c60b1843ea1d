import { asError } from "@certwright/provider/errors";
import { standingProofName, type WantedProof, whyNoProof } from "../acme/dns-persist.ts";
import type { Solver, Task, TaskFailure } from "./solver.ts";
import { lookForProof, noProof, type ProofLooking } from "./standing-proof.ts";

/** How dns-persist-01 is met. */
export interface PersistSolverOptions extends ProofLooking {
  /**
   * True where nobody asked for it: then it is tried quickly and quietly before the ways that were asked for, and costs
   * one look-up where there is no record.
   */
  readonly automatic: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Milliseconds an automatic look may take before the ways that were asked for have their turn. */
const automaticPatience = 4_000;

/**
 * Meets dns-persist-01 (draft-ietf-acme-dns-persist) where a record that stands already says so. It writes nothing:
 * such a record is set once, on purpose, and stays.
 */
export function createPersistSolver(options: PersistSolverOptions): Solver {
  const { automatic } = options;
  return {
    type: "dns-persist-01",
    label: "dns-persist-01 (standing record)",
    ...(automatic ? { automatic } : {}),
    solves: (identifier) => identifier.type === "dns",
    present: async (tasks, signal) => {
      const outcomes = await Promise.all(tasks.map((task) => check(task, options, signal)));
      return outcomes.filter((outcome) => outcome !== undefined);
    },
    cleanUp: async () => undefined,
  };
}

async function check(task: Task, options: PersistSolverOptions, signal: AbortSignal): Promise<TaskFailure | undefined> {
  const { identifier, wildcard, accountUrl, issuerDomainNames = [] } = task;
  const bounded = options.automatic ? AbortSignal.any([signal, AbortSignal.timeout(automaticPatience)]) : signal;
  const wanted = { issuerDomainNames, accountUrl, wildcard, now: options.now() };
  try {
    if (options.automatic) await isWorthALook(identifier.value, wanted, options, bounded);
    const found = await lookForProof(identifier.value, wanted, options, bounded);
    return found.valid ? undefined : { task, error: noProof(found) };
  } catch (error) {
    signal.throwIfAborted();
    return { task, error: asError(error) };
  }
}

/**
 * One question to the resolver: where it knows of no such record, which is the rule, no name server is asked.
 *
 * @throws CertwrightError `DNS_PERSIST_ABSENT`
 */
async function isWorthALook(
  domain: string,
  wanted: WantedProof,
  { world: { resolver } }: PersistSolverOptions,
  signal: AbortSignal,
): Promise<void> {
  const asked = standingProofName(domain);
  const { answers } = await resolver.query(asked, "TXT", { signal });
  const values = answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
  if (values.some((value) => whyNoProof(value, wanted) === undefined)) return;
  throw noProof({ asked, name: asked, valid: false, servers: [] });
}
