import type { CaSpec, Parts, Solver } from "@certwright/core";
import type { Config, ConfiguredCa } from "@certwright/core/config";
import type { Store } from "@certwright/core/store";
import type { Connect } from "@certwright/haproxy";
import { createLocks, type Locks } from "@certwright/provider";
import { knownStagingOf } from "../ca-names.ts";
import type { Surroundings } from "../command.ts";
import { readSmallFile } from "../files.ts";
import { createMemo, type Memo } from "../memo.ts";

/** What differs from command to command. */
export interface PartsOptions {
  /** The person agreed to the terms of the CAs of this run. */
  readonly acceptTerms: boolean;
  /** The person allowed to ask those CAs for external account bindings. Default false. */
  readonly fetchEab?: boolean | undefined;
  readonly store: Store;
  /** What explains targets, CAs and limits, where the run works from a configuration. */
  readonly config?: Config | undefined;
  /** Servers that listen, where they outlive these parts. Default: they belong to them. */
  readonly listeners?: Memo<Solver>;
}

/** Milliseconds: a service lives for months, while zones are made, and move to another account. */
const bindingAge = 600_000;

/** What the engine needs and only a program can make. Each kind of part is loaded when the first is wanted. */
export function createParts(surroundings: Surroundings, options: PartsOptions): Required<Parts> {
  const { acceptTerms, store, config, listeners = createMemo() } = options;
  const { now } = surroundings.context;
  const bindings = createMemo<Awaited<ReturnType<Parts["dnsBinding"]>>>({ now, longest: bindingAge });
  const locks = new Map<string, Locks>();
  const targets = createMemo<Awaited<ReturnType<Parts["target"]>>>();
  // A program that prints a key is run once.
  const connects = createMemo<Connect>();
  const connect = () =>
    connects("", async () => (await import("./node-secrets.ts")).createNodeSecrets(surroundings, config).connect);
  // An order at the CA itself was tried before, so its terms are agreed to; those of its staging CA are the same.
  const staging = new WeakSet<CaSpec>();
  return {
    caAccess: async (ca) => {
      const configured = configuredCa(ca, config);
      const leave = {
        acceptTerms: acceptTerms || configured?.acceptTerms === true || staging.has(ca),
        fetchEab: options.fetchEab === true || configured?.fetchEab === true,
      };
      const { openCaAccess } = await import("./ca-access.ts");
      return await openCaAccess(ca, leave, surroundings, configured?.accountKey);
    },
    // One handle for one account, so that its memory of zones serves all certificates of a run; the locks serve the next one, too.
    dnsBinding: (way) => {
      const key = JSON.stringify(way);
      return bindings(key, async () => {
        const own = locks.get(key) ?? createLocks();
        locks.set(key, own);
        const { openDnsBinding } = await import("./dns-binding.ts");
        return await openDnsBinding(way, surroundings, { locks: own, onRefused: () => bindings.forget(key) });
      });
    },
    // One server for one port, shared by all certificates of a run.
    solver: async (way, journal, world) =>
      (await import("./solver.ts")).openSolver(way, { journal, world, listener: listeners, connect }),
    target: (id) =>
      targets(id, async () =>
        (await import("./configured-target.ts")).openConfiguredTarget(id, config, surroundings, store),
      ),
    readFile: readSmallFile,
    stagingOf: (ca) => {
      const spec = stagingOf(ca, config);
      if (spec !== undefined) staging.add(spec);
      return spec;
    },
    limits: (directoryUrl) =>
      config?.cas.find(({ spec, limits }) => limits !== undefined && spec.directoryUrl === directoryUrl)?.limits,
  };
}

/** Parts that are always those in force. */
export function latestParts(parts: () => Required<Parts>): Required<Parts> {
  return {
    caAccess: (ca) => parts().caAccess(ca),
    dnsBinding: (way) => parts().dnsBinding(way),
    solver: (way, journal, world) => parts().solver(way, journal, world),
    target: (id) => parts().target(id),
    readFile: (path) => parts().readFile(path),
    stagingOf: (ca) => parts().stagingOf(ca),
    limits: (directoryUrl) => parts().limits(directoryUrl),
  };
}

/** What the configuration says of a CA besides what certificates carry. */
function configuredCa(ca: CaSpec, config: Config | undefined): ConfiguredCa | undefined {
  return config?.cas.find(({ spec }) => spec.directoryUrl === ca.directoryUrl && spec.email === ca.email);
}

/** The staging CA the configuration gives, else the one that is known. */
function stagingOf(ca: CaSpec, config: Config | undefined): CaSpec | undefined {
  const stated = configuredCa(ca, config)?.staging;
  if (stated !== undefined) return stated ?? undefined;
  const directoryUrl = knownStagingOf(ca.directoryUrl);
  if (directoryUrl === undefined) return undefined;
  return { directoryUrl, ...(ca.email === undefined ? {} : { email: ca.email }) };
}
