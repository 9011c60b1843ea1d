import { type FoundProof, isOwnProof, lookForProof, type WantedProof, type World } from "@certwright/core";
import { parseServer } from "@certwright/dns";
import { openAccount } from "./account-choice.ts";
import type { Invocation } from "./command.ts";
import type { persistCheckFlags } from "./declarations/persist.ts";
import { usageError } from "./errors.ts";
import { dnsSpec } from "./issue-spec.ts";
import { createWorld } from "./world.ts";

/** What the commands for standing records work with. */
export interface ProofWork {
  readonly world: World;
  readonly accountUrl: string;
  /** The first is written; records by any of them count. */
  readonly issuers: readonly [string, ...string[]];
}

/**
 * The account and the CA's own names.
 *
 * @throws CertwrightError `CLI_USAGE` where the CA does not say by which name records call it, and what opening it throws
 */
export async function openProofWork(
  invocation: Invocation<typeof persistCheckFlags>,
  mayCreate: boolean,
): Promise<ProofWork> {
  const { flags } = invocation;
  const world = createWorld(invocation, dnsSpec(flags));
  const { client } = await openAccount(invocation, mayCreate);
  try {
    const { meta } = await client.directory({ signal: world.signal });
    const [first, ...others] = flags.issuer === undefined ? meta.caaIdentities : [flags.issuer.toLowerCase()];
    if (first === undefined) {
      throw usageError(
        "the CA's directory does not say which name records call it by",
        "Give --issuer; its documentation has it.",
      );
    }
    return { world, accountUrl: client.accountUrl ?? "", issuers: [first, ...others] };
  } finally {
    client.close();
  }
}

/** What counts for one name. */
export function wantedFor(name: string, wildcard: boolean, { world, accountUrl, issuers }: ProofWork): WantedProof {
  return { issuerDomainNames: issuers, accountUrl, wildcard: wildcard || name.startsWith("*."), now: world.now() };
}

/** Looks at every server. */
export async function lookAt(
  name: string,
  wanted: WantedProof,
  flags: Invocation<typeof persistCheckFlags>["flags"],
  world: World,
): Promise<FoundProof> {
  const nameservers = flags.dnsNameservers.map((server) => parseServer(server));
  return await lookForProof(name, wanted, { followAlias: flags.followAlias, nameservers, world }, world.signal);
}

/** Values any server has that this account put there. */
export function ownValues({ servers }: FoundProof, wanted: WantedProof): readonly string[] {
  return [...new Set(servers.flatMap(({ values }) => values.filter((value) => isOwnProof(value, wanted))))];
}
