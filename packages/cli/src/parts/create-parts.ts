import type { Parts, Solver } from "@certwright/core";
import type { CliContext } from "../context.ts";
import { readSmallFile } from "../files.ts";
import type { Secrets } from "../reporter/secrets.ts";

/** What differs from command to command. */
export interface PartsOptions {
  readonly context: CliContext;
  readonly secrets: Secrets;
  /** The person agreed to the terms of the CAs of this run. */
  readonly acceptTerms: boolean;
}

/** What the engine needs and only a program can make. Each kind of part is loaded when the first is wanted. */
export function createParts({ context, secrets, acceptTerms }: PartsOptions): Parts {
  const bindings = createMemo<string, Awaited<ReturnType<Parts["dnsBinding"]>>>();
  const listeners = createMemo<string, Solver>();
  const targets = createMemo<string, Awaited<ReturnType<Parts["target"]>>>();
  return {
    caAccess: async (ca) => (await import("./ca-access.ts")).openCaAccess(ca, acceptTerms, context, secrets),
    // One handle for one account, so that its locks and its memory of zones serve all certificates of a run.
    dnsBinding: (way) =>
      bindings(JSON.stringify(way), async () =>
        (await import("./dns-binding.ts")).openDnsBinding(way, context, secrets),
      ),
    // One server for one port, shared by all certificates of a run.
    solver: async (way, journal, world) =>
      (await import("./solver.ts")).openSolver(way, { journal, world, listener: listeners }),
    target: (id) => targets(id, async () => (await import("./target.ts")).openTarget(id)),
    readFile: readSmallFile,
  };
}

/** Makes each thing once; one that failed is tried again. */
function createMemo<K, V>(): (key: K, make: () => Promise<V>) => Promise<V> {
  const made = new Map<K, Promise<V>>();
  return (key, make) => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    known.catch(() => made.delete(key));
    return known;
  };
}
