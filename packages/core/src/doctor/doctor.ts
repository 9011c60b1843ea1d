import { type DnsServer, parseServer } from "@certwright/dns";
import type { AcmeClient } from "../acme/client.ts";
import type { Solver } from "../issue/solver.ts";
import { limitsOf } from "../manage/budget.ts";
import { createCaPool } from "../manage/obtain.ts";
import type { Run } from "../manage/parts.ts";
import { openSolvers, worldFor } from "../manage/solvers.ts";
import type { CertificateSpec, ChallengeSpec } from "../spec.ts";
import { caaFindings, lookAtCaa } from "./caa.ts";
import { lookAtDelegation } from "./delegation.ts";
import { type Finding, findingOf } from "./finding.ts";
import { judgeLedger, judgeProfile } from "./limits.ts";
import { type Connect, lookAtPort } from "./ports.ts";
import { lookAtState } from "./state.ts";
import { tryWay } from "./try-way.ts";

/** How far the doctor goes. */
export interface DoctorOptions {
  /** Write what challenges need, wait until it is seen, and remove it. Without it nothing outside is changed. */
  readonly write: boolean;
  /** Look at the state, too; once is enough for many certificates. Default true. */
  readonly state?: boolean;
  readonly connect?: Connect;
}

/**
 * The story of a check-up: the state, then each CA (limits, profile, CAA), then the DNS of the names, then each way they
 * are to be proved. Everything is looked at, whatever was found before; worst findings first.
 */
export async function examine(spec: CertificateSpec, options: DoctorOptions, run: Run): Promise<readonly Finding[]> {
  const world = worldFor(spec, run);
  const found: Finding[] = options.state === false ? [] : [...(await lookAtState(run.store, world.signal))];
  const pool = createCaPool(run);
  try {
    const first = await Promise.all(
      spec.cas.map(async (ca) => {
        try {
          const client = await pool.client(ca);
          found.push(...(await lookAtCa(spec, client, run)));
          return client;
        } catch (error) {
          world.signal.throwIfAborted();
          found.push(findingOf(error, "DOCTOR_CA", ca.directoryUrl));
          return undefined;
        }
      }),
    );
    found.push(...(await lookAtNames(spec, options, run)));
    found.push(
      ...(await lookAtWays(
        spec,
        first.find((client) => client !== undefined),
        options,
        run,
      )),
    );
  } finally {
    await pool.close();
  }
  const ranks = { error: 0, warning: 1, note: 2 };
  return found.toSorted((a, b) => ranks[a.severity] - ranks[b.severity]);
}

async function lookAtCa(spec: CertificateSpec, client: AcmeClient, run: Run): Promise<readonly Finding[]> {
  const { signal, now, resolver } = worldFor(spec, run);
  const directory = await client.directory({ signal });
  const { caaIdentities } = directory.meta;
  const { directoryUrl, accountUrl } = client;
  const methods = [...new Set(spec.challenges.map(({ type }) => type))];
  const caa =
    caaIdentities.length === 0
      ? []
      : await lookAtCaa(spec.identifiers, { issuers: caaIdentities, accountUrl, methods }, resolver, signal);
  return [
    ...judgeProfile(spec, directory),
    ...(await judgeLedger(spec, { directoryUrl, accountUrl }, limitsOf(directoryUrl, run), run.store, now())),
    ...caaFindings(caa, new URL(directoryUrl).host),
  ];
}

async function lookAtNames(spec: CertificateSpec, { connect }: DoctorOptions, run: Run): Promise<readonly Finding[]> {
  const { resolver, signal } = worldFor(spec, run);
  const { dns, challenges, identifiers } = spec;
  const domains = identifiers.filter(({ type }) => type === "dns").map(({ value }) => value.replace(/^\*\./, ""));
  const names = challenges.some(({ type }) => type === "dns-01")
    ? domains.map((domain) => dns.aliases?.[`_acme-challenge.${domain}`] ?? `_acme-challenge.${domain}`)
    : domains;
  const nameservers: readonly DnsServer[] | undefined = dns.nameservers?.map((server) => parseServer(server));
  const delegation = { resolver, nameservers, followAlias: dns.followAlias ?? true, signal };
  const plain = identifiers.filter(({ value }) => !value.startsWith("*."));
  const port = (wanted: (way: ChallengeSpec) => boolean, number: 80 | 443) =>
    challenges.some(wanted)
      ? lookAtPort(plain, number, { resolver, signal, ...(connect === undefined ? {} : { connect }) })
      : [];
  const looks = await Promise.all([
    lookAtDelegation([...new Set(names)], delegation),
    // A server of our own listens only while a challenge is open: that nothing does now is as it should be.
    port((way) => way.type === "http-01" && !listens(way), 80),
  ]);
  return looks.flat();
}

function listens({ type, webroot, haproxy, stateless }: ChallengeSpec): boolean {
  return (
    type === "tls-alpn-01" ||
    (type === "http-01" && webroot === undefined && haproxy === undefined && stateless !== true)
  );
}

/** Each way is tried; those that write where others see it, only where that was asked for. */
async function lookAtWays(
  spec: CertificateSpec,
  client: AcmeClient | undefined,
  { write }: DoctorOptions,
  run: Run,
): Promise<readonly Finding[]> {
  const { signal } = run.world;
  const told: Finding[] = [];
  const world: Run["world"] = {
    ...run.world,
    emit: (event) => {
      if (event.type === "warning" && event.code.startsWith("HTTP_SELF_CHECK_")) {
        const { code, message, hint } = event;
        told.push({ severity: "warning", code, subject: spec.name, message, ...(hint === undefined ? {} : { hint }) });
      } else run.world.emit(event);
    },
  };
  const trial = { thumbprint: client?.thumbprint ?? "thumbprint", accountUrl: client?.accountUrl ?? "", signal };
  let solvers: readonly Solver[];
  try {
    const challenges = spec.challenges.filter((way) => write || listens(way));
    if (challenges.length === 0) {
      // Providers are opened all the same: an option that is missing is found here.
      if (spec.challenges.length === 0) await openSolvers(spec, run);
      for (const way of spec.challenges) if (way.provider !== undefined) await run.parts.dnsBinding(way);
      return [];
    }
    solvers = await openSolvers({ ...spec, challenges }, { ...run, world });
  } catch (error) {
    signal.throwIfAborted();
    return [findingOf(error, "DOCTOR_WAY", spec.name)];
  }
  for (const solver of solvers) {
    if (solver.type !== "dns-persist-01") told.push(...(await tryWay(solver, spec.identifiers, trial)));
  }
  return told;
}
