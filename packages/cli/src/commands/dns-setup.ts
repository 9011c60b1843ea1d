import { resolve } from "node:path";
import { normalizeName } from "@certwright/dns";
import { isThere, replaceFiles } from "@certwright/export";
import type { SetupResult } from "@certwright/provider";
import type { CommandResult, Invocation } from "../command.ts";
import type { dnsSetupFlags } from "../declarations/dns.ts";
import { cliError, usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { dnsChallengeSpecs } from "../issue-spec.ts";
import { setUpDns } from "../parts/dns-binding.ts";

type Setup = Invocation<typeof dnsSetupFlags>;

/** What a provider needs once for domains: done there, kept here, and the records told that a person makes. */
export async function run(invocation: Setup): Promise<CommandResult> {
  const { args, flags, context } = invocation;
  const [way, other] = dnsChallengeSpecs({ ...flags, zone: undefined }, context.cwd);
  if (way === undefined || other !== undefined)
    throw usageError("the set-up is that of one DNS provider", "Name it with --dns acmedns.");
  if (flags.out === undefined) throw usageError("nothing says where to keep what it gives", "Name a file with --out.");
  const out = resolve(context.cwd, flags.out);
  const isKept = Object.values(way.options ?? {}).some(
    (value) => typeof value !== "string" && "file" in value && value.file === out,
  );
  await refuseOverwriting(out, isKept);
  const domains = [...new Set(args.map((name) => normalizeName(name.replace(/^\*\./, ""))))];
  const { records, options } = await setUpDns(way, domains, invocation);
  const kept = Object.entries(options).map(([name, text], index) => {
    return { name, text, path: index === 0 ? out : `${out}.${name}` };
  });
  await replaceFiles(
    kept.map(({ path, text }) => ({ path, content: Buffer.from(text), secret: true })),
    {},
  );
  return {
    exitCode: exitCodes.done,
    result: { records, options: Object.fromEntries(kept.map(({ name, path }) => [name, path])) },
    lines: [
      ...recordLines(records),
      ...kept.map(
        ({ name, path }) => `${path} holds the option ${name}; use it with --dns-option ${name}=file:${path}`,
      ),
    ],
  };
}

/** Before anything is done there: what is in a file may be all that leads to earlier accounts, and what cannot be kept is lost. */
async function refuseOverwriting(out: string, isKept: boolean): Promise<void> {
  if (!(await isThere(out)) || isKept) return;
  throw cliError("CLI_FILE_EXISTS", `${out} is there already`, {
    hint: `Write to another place; or, where an earlier set-up wrote it, let it be read, too: --dns-option accounts=file:${out}`,
  });
}

function recordLines(records: SetupResult["records"]): readonly string[] {
  if (records.length === 0) return [];
  return ["make these records, once:", ...records.map(({ name, type, value }) => `  ${name}. ${type} ${value}.`)];
}
