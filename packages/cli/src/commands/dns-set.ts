import type { CommandResult, Invocation } from "../command.ts";
import type { dnsWriteFlags } from "../declarations/dns.ts";
import { addValues, openDnsWork, placeValues } from "../dns-records.ts";
import { patienceMs, propagationMode, watchValues } from "../dns-watch.ts";
import { exitCodes } from "../exit-code.ts";

/** Adds values at a name and waits until every server has them. */
export async function run(invocation: Invocation<typeof dnsWriteFlags>): Promise<CommandResult> {
  const { args, flags, context } = invocation;
  const [name = "", ...values] = args;
  const work = await openDnsWork(invocation);
  const placed = await placeValues(name, values, work, flags.followAlias);
  await addValues(placed, work);
  const watched = await watchValues(
    placed.map(({ record }) => ({ name: record.fqdn, value: record.value, zone: record.zone.name })),
    {
      mode: propagationMode(flags.propagation),
      timeoutMs: patienceMs(flags.propagation, work.bindings),
      nameservers: flags.dnsNameservers,
      world: work.world,
      fetch: context.fetch,
    },
  );
  const missing = watched.filter(({ seen }) => seen === false);
  return {
    exitCode: missing.length === 0 ? exitCodes.done : exitCodes.failed,
    result: { records: watched },
    lines: missing.map((value) => `${value.name} ${value.value} is set, but not seen by every server yet`),
  };
}
