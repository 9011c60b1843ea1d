import { dnsPersist01Record } from "@certwright/core";
import type { CommandResult, Invocation } from "../command.ts";
import type { persistPublishFlags } from "../declarations/persist.ts";
import { openDnsWork, placeValues } from "../dns-records.ts";
import { patienceMs, propagationMode, watchValues } from "../dns-watch.ts";
import { exitCodes } from "../exit-code.ts";
import { lookAt, openProofWork, ownValues, wantedFor } from "../standing-proofs.ts";
import { momentOf } from "../until.ts";

type PublishInvocation = Invocation<typeof persistPublishFlags>;

/** What was done for one name. */
interface Published {
  readonly name: string;
  readonly value: string;
  /** Missing where nobody was asked. */
  readonly seen?: boolean | undefined;
  /** What this account had there before, now removed. */
  readonly replaced: readonly string[];
}

/** Sets the standing record of each name. No journal: it is meant to stay. */
export async function run(invocation: PublishInvocation): Promise<CommandResult> {
  const { args, flags, context } = invocation;
  const until = flags.until === undefined ? undefined : momentOf(flags.until, context.now());
  const dns = await openDnsWork(invocation);
  const work = await openProofWork(invocation, true);
  const published: Published[] = [];
  // One by one: when one fails, it is plain which are set.
  for (const name of args) {
    const wanted = wantedFor(name, flags.wildcard, work);
    const record = dnsPersist01Record({
      domain: name.replace(/^\*\./, ""),
      issuerDomainName: work.issuers[0],
      accountUrl: work.accountUrl,
      wildcard: wanted.wildcard,
      ...(until === undefined ? {} : { until }),
    });
    const placed = await placeValues(record.name, [record.value], dns, flags.followAlias);
    const [place] = placed;
    if (place === undefined) continue;
    const before = ownValues(await lookAt(name, wanted, flags, work.world), wanted);
    const replaced = before.filter((value) => value !== record.value);
    await place.binding.handle.add([place.record]);
    const [watched] = await watchValues(
      [{ name: place.record.fqdn, value: record.value, zone: place.record.zone.name }],
      {
        mode: propagationMode(flags.propagation),
        timeoutMs: patienceMs(flags.propagation, dns.bindings),
        nameservers: flags.dnsNameservers,
        world: work.world,
        fetch: context.fetch,
      },
    );
    await place.binding.handle.remove(replaced.map((value) => ({ ...place.record, value })));
    published.push({ name: place.record.fqdn, value: record.value, seen: watched?.seen, replaced });
  }
  return {
    exitCode: published.every(({ seen }) => seen !== false) ? exitCodes.done : exitCodes.failed,
    result: { records: published },
    lines: published.flatMap(linesOf),
  };
}

function linesOf({ name, value, seen, replaced }: Published): readonly string[] {
  return [
    `${name} TXT ${value}${seen !== false ? "" : " is set, but not seen by every server yet"}`,
    ...replaced.map((old) => `  in place of ${old}`),
  ];
}
