import { placeRecord } from "@certwright/core";
import {
  authoritativeServers,
  checkServers,
  exchange,
  findZone,
  followAlias,
  formatServer,
  normalizeName,
  parseServer,
} from "@certwright/dns";
import type { CommandResult, Invocation } from "../command.ts";
import type { explainFlags } from "../declarations/explain.ts";
import { openDnsWork } from "../dns-records.ts";
import { exitCodes } from "../exit-code.ts";
import { dnsSpec } from "../issue-spec.ts";
import { table } from "../reporter/table.ts";
import { createWorld } from "../world.ts";

/** What one name server says of the zone and of the name. */
interface ServerWord {
  readonly server: string;
  readonly state: string;
  readonly serial: number | undefined;
  readonly values: readonly string[];
}

/** Follows a name as an issuance would, and tells each step. Writes nothing. */
export async function run(invocation: Invocation<typeof explainFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const world = createWorld(invocation, dnsSpec(flags));
  const { resolver, signal } = world;
  const name = challengeName(invocation.args[0] ?? "");
  const alias = flags.followAlias
    ? await followAlias(name, resolver, { signal })
    : { name, chain: [], synthesised: false };
  const zone = await findZone(alias.name, resolver, { signal, allowPublicSuffix: true });
  const override = flags.dnsNameservers.map((server) => parseServer(server));
  const { servers, failures } = await authoritativeServers(zone.name, resolver, { signal, override });
  const health = await checkServers(zone.name, servers, { signal, fetch: context.fetch });
  const words = await Promise.all(
    servers.map(async (server, index): Promise<ServerWord> => {
      const { state = "timeout", serial } = health[index] ?? {};
      return { server: formatServer(server), state, serial, values: await valuesAt(alias.name, server, signal) };
    }),
  );
  const written = flags.dns.length === 0 ? undefined : await writtenTo(name, invocation);
  const silent = failures.map(({ server, reason }) => ({ server, reason }));
  return {
    exitCode: words.some(({ state }) => state === "ok") ? exitCodes.done : exitCodes.failed,
    result: {
      name,
      aliases: alias.chain,
      synthesised: alias.synthesised,
      recordName: alias.name,
      zone: zone.name,
      servers: words,
      unresolved: silent,
      ...(written === undefined ? {} : { written }),
    },
    lines: [
      `${name} is what a CA asks for`,
      ...alias.chain.map((target) => `  its alias leads to ${target}`),
      ...(alias.synthesised
        ? ["  a wildcard makes a CNAME there, which is not followed: our own record hides it"]
        : []),
      `the record stands at ${alias.name}, in the zone ${zone.name}`,
      ...(written === undefined
        ? []
        : [`${written.provider} would write it in its zone ${written.zone} as ${written.name}`]),
      "its name servers:",
      ...table(
        words.map(({ server, state, serial, values }) => [
          `  ${server}`,
          state,
          serial === undefined ? "" : `serial ${serial}`,
          values.length === 0 ? "no TXT there" : values.map((value) => JSON.stringify(value)).join(" "),
        ]),
      ),
      ...silent.map(({ server, reason }) => `  ${server}: ${reason}`),
    ],
  };
}

function challengeName(text: string): string {
  const name = normalizeName(text.replace(/^\*\./, ""));
  return name.startsWith("_") ? name : `_acme-challenge.${name}`;
}

async function valuesAt(
  name: string,
  server: Parameters<typeof exchange>[1],
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const { answers } = await exchange({ name, type: "TXT" }, server, { signal, recursive: false });
    return answers.flatMap((record) => (record.type === "TXT" ? record.value : []));
  } catch {
    signal.throwIfAborted();
    // Why it is of no use stands in its state already.
    return [];
  }
}

/** Where the provider named by the flags would put it. */
async function writtenTo(
  name: string,
  invocation: Invocation<typeof explainFlags>,
): Promise<{ provider: string; zone: string; name: string }> {
  const { bindings, world } = await openDnsWork(invocation);
  const placing = { bindings, followAlias: invocation.flags.followAlias, aliases: {} };
  const { binding, record } = await placeRecord(name, "", placing, world, world.signal);
  return { provider: binding.handle.instance, zone: record.zone.name, name: record.name };
}
