import type { CommandResult, Invocation } from "../command.ts";
import type { dnsRemoveFlags } from "../declarations/dns.ts";
import { openDnsWork, placeValues, removeValues } from "../dns-records.ts";
import { exitCodes } from "../exit-code.ts";

/** Removes values at a name; absent ones are fine. */
export async function run(invocation: Invocation<typeof dnsRemoveFlags>): Promise<CommandResult> {
  const { args, flags } = invocation;
  const [name = "", ...values] = args;
  const work = await openDnsWork(invocation);
  const placed = await placeValues(name, values, work, flags.followAlias);
  await removeValues(placed, work);
  const records = placed.map(({ record }) => ({ name: record.fqdn, value: record.value, zone: record.zone.name }));
  return { exitCode: exitCodes.done, result: { records }, lines: [] };
}
