import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { noAddress } from "../ca-spec.ts";
import type { CommandResult, Invocation } from "../command.ts";
import { usualName } from "../config/config-path.ts";
import { readConfigText } from "../config/read-config-file.ts";
import type { initFlags } from "../declarations/config.ts";
import { cliError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { askForRest, isYes } from "../init/ask.ts";
import { configText, type FirstConfig } from "../init/config-text.ts";
import { dnsChallengeSpecs } from "../issue-spec.ts";
import { writeNewFile } from "../write-new-file.ts";

type InitInvocation = Invocation<typeof initFlags>;

/** Writes a first configuration that `config check` accepts; tries its provider where that is wished. */
export async function run(invocation: InitInvocation): Promise<CommandResult> {
  const { flags, context } = invocation;
  const file = resolve(context.cwd, flags.out ?? usualName);
  // Told before the questions, not after them.
  if (await stat(file).catch(() => undefined)) {
    throw cliError("CLI_FILE_EXISTS", `${file} is there already`, { hint: "Write to another place with --out." });
  }
  const first = await askForRest(givenBy(invocation), context);
  const text = configText(first);
  await readConfigText(text, file);
  const tried = await tryProviders(first, invocation);
  await writeNewFile(file, text);
  const next = [
    "certwright plan            # what would be done",
    "certwright renew           # does it",
    "certwright install-timer   # does it several times a day",
  ];
  return {
    exitCode: tried === undefined || tried.exitCode === 0 ? exitCodes.done : exitCodes.failed,
    result: { file, ...(tried === undefined ? {} : { check: tried.result }) },
    lines: [...(tried?.lines ?? []), `${file} is written. Next:`, ...next.map((line) => `  ${line}`)],
  };
}

function givenBy({ flags, context }: InitInvocation): FirstConfig {
  const ways = dnsChallengeSpecs(flags, context.cwd);
  return {
    names: flags.domain,
    providers: ways.map(({ provider = "", options = {}, zone }) => ({
      id: provider,
      options,
      ...(zone === undefined ? {} : { zone }),
    })),
    email: flags.email === noAddress ? undefined : flags.email,
    acceptTerms: flags.acceptTos,
    cas: flags.server,
    dns: {
      ...(flags.dnsResolvers.length === 0 ? {} : { resolvers: flags.dnsResolvers }),
      ...(flags.dnsNameservers.length === 0 ? {} : { nameservers: flags.dnsNameservers }),
    },
    deploy: flags.deploy,
  };
}

/** As `certwright dns check` does; with the answers, which may be other than the flags. */
async function tryProviders(
  { names, providers }: FirstConfig,
  invocation: InitInvocation,
): Promise<CommandResult | undefined> {
  const { flags, context } = invocation;
  const [name = ""] = names;
  if (providers.length === 0) return undefined;
  const isWanted =
    flags.check ||
    (context.ask !== undefined &&
      isYes(await context.ask(`Try it now, by a TXT record for ${name}? [y/N] `, context.stopper.signal)));
  if (!isWanted) return undefined;
  const dnsOption = providers.flatMap(({ id, options }) =>
    Object.entries(options).map(([option, value]) => `${id}:${option}=${shownOption(value)}`),
  );
  const { run: check } = await import("./dns-check.ts");
  return await check({
    ...invocation,
    args: [name],
    flags: {
      dns: providers.map(({ id }) => id),
      dnsOption,
      endpoint: undefined,
      zone: flags.zone,
      dnsResolvers: flags.dnsResolvers,
      dnsNameservers: flags.dnsNameservers,
      followAlias: true,
      propagation: undefined,
    },
  });
}

function shownOption(value: FirstConfig["providers"][number]["options"][string]): string {
  if (typeof value === "string") return value;
  return "file" in value ? `file:${value.file}` : "env" in value ? `env:${value.env}` : "";
}
