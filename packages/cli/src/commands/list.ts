import { type ListedCertificate, listCertificates } from "@certwright/core/store";
import { knownCaOf } from "../ca-names.ts";
import { relativeTime, standingOf } from "../certificate-state.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { listFlags } from "../declarations/stored.ts";
import { exitCodes } from "../exit-code.ts";
import { foldersToRead } from "../many-certificates.ts";
import { withMoments } from "../output/moments.ts";
import { longTable } from "../reporter/table.ts";
import { listed as joined } from "../reporter/words.ts";
import { openOnlyState } from "../state/open-state.ts";

/** The certificates of the store, from what is stored alone. */
export async function run(invocation: Invocation<typeof listFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const store = await openOnlyState(invocation);
  const certificates = await listCertificates(store, await foldersToRead(store));
  const now = context.now();
  const asJson = (listed: ListedCertificate) =>
    "error" in listed
      ? {
          name: listed.name,
          standing: "unreadable",
          error: { code: listed.error.code, message: listed.error.message },
        }
      : { ...withMoments(listed.meta), standing: standingOf(listed.meta, now) };
  return {
    exitCode: certificates.some((listed) => "error" in listed) ? exitCodes.failed : exitCodes.done,
    get result() {
      return { certificates: certificates.map(asJson) };
    },
    lines: linesOf(certificates, flags.names, now),
  };
}

function linesOf(certificates: readonly ListedCertificate[], namesOnly: boolean, now: number): Iterable<string> {
  if (namesOnly) return certificates.map(({ name }) => name);
  if (certificates.length === 0) return ["no certificates yet; see: certwright issue --help"];
  return longTable(["NAME", "ENDS", "CA", "STATE", "NAMES"], certificates, (listed) => rowOf(listed, now));
}

function rowOf(listed: ListedCertificate, now: number): readonly string[] {
  if ("error" in listed) return [listed.name, "", "", `error ${listed.error.code}: ${listed.error.message}`];
  const { meta } = listed;
  const names = joined(
    meta.identifiers.map(({ value }) => value),
    3,
  );
  const ca = knownCaOf(meta.directoryUrl)?.name ?? new URL(meta.directoryUrl).host;
  return [meta.name, `${dateOf(meta.notAfter)} ${relativeTime(meta.notAfter, now)}`, ca, standingOf(meta, now), names];
}

function dateOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
