import { findZone, normalizeName } from "@certwright/dns";
import type { CommandResult, Invocation } from "../command.ts";
import type { dnsWriteFlags } from "../declarations/dns.ts";
import { addValues, openDnsWork, placeValues, removeValues } from "../dns-records.ts";
import {
  patienceMs,
  propagationMode,
  type Watched,
  type WatchedValue,
  type WatchOptions,
  watchValues,
} from "../dns-watch.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { dnsSpec } from "../issue-spec.ts";
import { table } from "../reporter/table.ts";
import { stateInWords } from "../reporter/words.ts";
import { createWorld } from "../world.ts";

type CheckInvocation = Invocation<typeof dnsWriteFlags>;

/** Long enough for every server to answer once. */
const oneLookMs = 3_000;
/** Milliseconds for removing what a round trip wrote, even after Ctrl-C. */
const removalMs = 60_000;

/** Looks for a value; or, without one, tries a provider for a domain. */
export async function run(invocation: CheckInvocation): Promise<CommandResult> {
  const [name = "", value] = invocation.args;
  if (value !== undefined) return look(name, value, invocation);
  if (invocation.flags.dns.length === 0) {
    throw usageError(
      "nothing to check",
      `Add --dns <provider> to try one for ${name}, or a value to look for at that name.`,
    );
  }
  return tryProvider(name, invocation);
}

async function look(name: string, value: string, invocation: CheckInvocation): Promise<CommandResult> {
  const { flags, context } = invocation;
  const world = createWorld(invocation, dnsSpec(flags));
  const whole = normalizeName(name);
  const zone = await findZone(whole, world.resolver, { signal: world.signal, allowPublicSuffix: true });
  const timeoutMs = flags.propagation?.seconds === undefined ? oneLookMs : flags.propagation.seconds * 1000;
  const options = {
    mode: { type: "watch" } as const,
    timeoutMs,
    nameservers: flags.dnsNameservers,
    world,
    fetch: context.fetch,
  };
  return report(await watchValues([{ name: whole, value, zone: zone.name }], options));
}

/** Writes a random value where a CA would look, waits for it, removes it. */
async function tryProvider(domain: string, invocation: CheckInvocation): Promise<CommandResult> {
  const { flags, context } = invocation;
  const work = await openDnsWork(invocation);
  const base = domain.replace(/^\*\./, "");
  const name = base.startsWith("_acme-challenge.") ? base : `_acme-challenge.${base}`;
  // The form of a real one: 32 bytes in base64url (RFC 8555 section 8.4).
  const value = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
  const placed = await placeValues(name, [value], work, flags.followAlias);
  const values: readonly WatchedValue[] = placed.map(({ record }) => ({
    name: record.fqdn,
    value,
    zone: record.zone.name,
  }));
  const options: WatchOptions = {
    mode: propagationMode(flags.propagation),
    timeoutMs: patienceMs(flags.propagation, work.bindings),
    nameservers: flags.dnsNameservers,
    world: work.world,
    fetch: context.fetch,
  };
  try {
    await addValues(placed, work);
    return report(await watchValues(values, options));
  } finally {
    await removeValues(placed, work, AbortSignal.timeout(removalMs));
  }
}

function report(watched: readonly Watched[]): CommandResult {
  const rows = watched.flatMap(({ servers }) => servers.map((server) => [`  ${server.server}`, stateInWords(server)]));
  return {
    exitCode: watched.every(({ seen }) => seen !== false) ? exitCodes.done : exitCodes.failed,
    result: { records: watched },
    lines: [...watched.map((one) => `${one.name} ${one.value}: ${foundOut(one)}`), ...table(rows)],
  };
}

function foundOut({ seen }: Watched): string {
  if (seen === undefined) return "taken by the provider; no server was asked whether it is there";
  return seen ? "seen by every server" : "not seen by every server";
}
