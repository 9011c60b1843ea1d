import { listCertificates } from "@certwright/core/store";
import { knownCaOf } from "../ca-names.ts";
import { relativeTime, standingOf } from "../certificate-state.ts";
import type { CommandResult, Invocation } from "../command.ts";
import type { listFlags } from "../declarations/stored.ts";
import { exitCodes } from "../exit-code.ts";
import { table } from "../reporter/table.ts";
import { listed as joined } from "../reporter/words.ts";
import { openOnlyState } from "../state/open-state.ts";

/** The certificates of the store, from what is stored alone. */
export async function run(invocation: Invocation<typeof listFlags>): Promise<CommandResult> {
  const { flags, context } = invocation;
  const certificates = await listCertificates(await openOnlyState(invocation));
  const now = context.now();
  const result = {
    certificates: certificates.map((listed) =>
      "error" in listed
        ? { name: listed.name, error: { code: listed.error.code, message: listed.error.message } }
        : { ...listed.meta, standing: standingOf(listed.meta, now) },
    ),
  };
  const rows = certificates.map((listed) => {
    if ("error" in listed) return [listed.name, "", "", `error ${listed.error.code}: ${listed.error.message}`];
    const { meta } = listed;
    const names = joined(
      meta.identifiers.map(({ value }) => value),
      3,
    );
    const ca = knownCaOf(meta.directoryUrl)?.name ?? new URL(meta.directoryUrl).host;
    return [
      meta.name,
      `${dateOf(meta.notAfter)} ${relativeTime(meta.notAfter, now)}`,
      ca,
      standingOf(meta, now),
      names,
    ];
  });
  return {
    exitCode: certificates.some((listed) => "error" in listed) ? exitCodes.failed : exitCodes.done,
    result,
    lines: linesOf(rows, flags.names),
  };
}

function linesOf(rows: readonly (readonly string[])[], namesOnly: boolean): readonly string[] {
  if (namesOnly) return rows.map(([name = ""]) => name);
  if (rows.length === 0) return ["no certificates yet; see: certwright issue --help"];
  return table([["NAME", "ENDS", "CA", "STATE", "NAMES"], ...rows]);
}

function dateOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
