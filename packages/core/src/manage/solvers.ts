import { createResolver, type PropagationMode, parseServer } from "@certwright/dns";
import { CertwrightError } from "@certwright/provider";
import { createDnsSolver } from "../issue/dns-01.ts";
import { createPersistSolver } from "../issue/dns-persist-01.ts";
import type { Solver } from "../issue/solver.ts";
import type { CertificateSpec, ChallengeSpec, PropagationSpec } from "../spec.ts";
import type { Journal } from "../store/journal.ts";
import type { World } from "../world.ts";
import type { Run } from "./parts.ts";

/**
 * The solvers of one certificate in the order its specification prefers them. All challenges of one dns type become one
 * solver, which chooses the provider by where each record lands.
 */
export async function openSolvers(spec: CertificateSpec, run: Run): Promise<readonly Solver[]> {
  if (spec.challenges.length === 0) {
    throw new CertwrightError("CONFIG_NO_CHALLENGE", `nothing says how to prove the names of ${spec.name}`, {
      hint: "Name a DNS provider (--dns cloudflare; `certwright dns providers` lists them), or use --http or --tls-alpn.",
    });
  }
  const types = [...new Set(spec.challenges.map(({ type }) => type))];
  const world = worldFor(spec, run);
  const journal = journalFor(spec, run);
  const solvers = types.map(async (type): Promise<readonly Solver[]> => {
    const ways = spec.challenges.filter((challenge) => challenge.type === type);
    if (type === "dns-persist-01") return [persistSolver(spec, false, world)];
    if (type === "dns-01" || type === "dns-account-01") return [await dnsSolver(type, ways, spec, run, world)];
    return await Promise.all(ways.map((way) => run.parts.solver(way, journal, world)));
  });
  return withAutomatic((await Promise.all(solvers)).flat(), spec, world);
}

/** A record that stands already is used wherever the DNS was to be used anyway: nothing is written then. */
function withAutomatic(solvers: readonly Solver[], spec: CertificateSpec, world: World): readonly Solver[] {
  if (solvers.some(({ type }) => type === "dns-persist-01")) return solvers;
  const first = solvers.findIndex(({ type }) => type.startsWith("dns-"));
  return first === -1 ? solvers : solvers.toSpliced(first, 0, persistSolver(spec, true, world));
}

function persistSolver({ dns }: CertificateSpec, automatic: boolean, world: World): Solver {
  return createPersistSolver({
    automatic,
    followAlias: dns.followAlias ?? true,
    nameservers: dns.nameservers?.map((server) => parseServer(server)),
    now: world.now,
    world,
  });
}

/** What is done outside is written down under the certificate it is for, whose spec says how to undo it. */
function journalFor({ name }: CertificateSpec, { journal }: Run): Journal {
  return {
    ...journal,
    record: (effects, now) =>
      journal.record(
        effects.map((effect) => ({ ...effect, certificate: name })),
        now,
      ),
  };
}

async function dnsSolver(
  type: "dns-01" | "dns-account-01",
  ways: readonly ChallengeSpec[],
  spec: CertificateSpec,
  run: Run,
  world: World,
): Promise<Solver> {
  const { dns } = spec;
  const bindings = await Promise.all(ways.map((way) => run.parts.dnsBinding(way)));
  const checked = dns.propagation?.mode !== "fixed" && dns.propagation?.seconds !== undefined;
  return createDnsSolver({
    type,
    bindings,
    followAlias: dns.followAlias ?? true,
    aliases: dns.aliases ?? {},
    propagation: propagationMode(dns.propagation),
    ...(checked ? { patience: dns.propagation?.seconds ?? 0 } : {}),
    ...(dns.nameservers === undefined ? {} : { nameservers: dns.nameservers.map((server) => parseServer(server)) }),
    certificate: spec.name,
    journal: run.journal,
    world,
  });
}

/** A certificate with resolvers of its own (another view of the DNS) asks those; all others share the run's and what it remembers. */
export function worldFor({ dns }: CertificateSpec, { world }: Pick<Run, "world">): World {
  if (dns.resolvers === undefined && dns.zoneResolvers === undefined) return world;
  const servers = dns.resolvers?.map((server) => parseServer(server));
  const zones = Object.entries(dns.zoneResolvers ?? {}).map(
    ([zone, own]) => [zone, own.map((server) => parseServer(server))] as const,
  );
  return {
    ...world,
    resolver: createResolver({
      signal: world.signal,
      zones: Object.fromEntries(zones),
      ...(servers === undefined ? {} : { servers }),
    }),
  };
}

function propagationMode(spec: PropagationSpec | undefined): PropagationMode {
  if (spec?.mode === "off") return { type: "off" };
  if (spec?.mode === "fixed") return { type: "fixed", ms: (spec.seconds ?? 60) * 1000 };
  const resolvers = spec?.publicResolvers?.map((server) => parseServer(server));
  return { type: "watch", ...(resolvers === undefined ? {} : { resolvers }) };
}
