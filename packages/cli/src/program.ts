import { Command, CommanderError, Option } from "commander";
import type { Declaration } from "./command.ts";
import type { CliContext } from "./context.ts";
import { type GlobalFlags, globalFlags } from "./declarations/global.ts";
import { declarations } from "./declarations/index.ts";
import { usageError } from "./errors.ts";
import { type ExitCode, exitCodeMeanings, exitCodes } from "./exit-code.ts";
import { type Flag, type Flags, longName, readFromEnv, shownEnvOf } from "./flags.ts";
import { didYouMean } from "./suggest.ts";

/** What the command line asks for. */
export interface Request {
  readonly declaration: Declaration;
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
  /** Keys of the flags on the command line, in their order, each as often as it was given. */
  readonly given: readonly string[];
  readonly global: GlobalFlags;
}

/** Where help goes, and how wide. */
type Terminal = Pick<CliContext, "env" | "stdout" | "stderr">;

/**
 * Reads a command line into a request; where it asked for help or the version, these are written and only an exit code is left.
 *
 * @param argv without the program itself
 * @throws CertwrightError `CLI_USAGE`
 */
export function readCommandLine(argv: readonly string[], terminal: Terminal, version: string): Request | ExitCode {
  let request: Request | ExitCode = exitCodes.done;
  const program = buildProgram(terminal, version, (found) => {
    request = found;
  });
  refuseUnknownHelp(argv);
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A command that only has commands below it was given alone: its help is written already.
    if (error.code === "commander.help") return exitCodes.usage;
    if (error.exitCode !== 0) throw asUsageError(error, argv);
  }
  return request;
}

/** Commander would show the help of the whole program. */
function refuseUnknownHelp([first, name]: readonly string[]): void {
  if (first !== "help" || name === undefined || name.startsWith("-")) return;
  const known = ["help", ...declarations.flatMap(({ name: own, aliases = [] }) => [own, ...aliases])];
  if (known.includes(name)) return;
  const meant = didYouMean(name, known);
  throw usageError(`unknown command '${name}'`, `${meant === undefined ? "" : `${meant} `}See: certwright --help`);
}

/** The commander program for all declarations; `choose` hears of the command asked for. */
function buildProgram({ env, stdout, stderr }: Terminal, version: string, choose: (request: Request) => void): Command {
  const program = new Command("certwright")
    .description("Certificates from any ACME CA, proved through any DNS provider, live in every HAProxy.")
    .version(version, "-V, --version", "the version of certwright")
    .helpOption("-h, --help", "this help")
    .helpCommand("help [command]", "help for a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Errors arrive as exceptions and are written once, in the form of output in use.
      outputError: () => {},
      getOutHelpWidth: () => Math.min(stdout.isTTY ? stdout.columns : 100, 120),
      getErrHelpWidth: () => Math.min(stderr.isTTY ? stderr.columns : 100, 120),
    })
    .configureHelp({ optionDescription: (option) => describe(option), showGlobalOptions: true })
    .addHelpText("after", afterHelp);
  addFlags(program, globalFlags);
  for (const declaration of declarations) addCommand(program, declaration, { env, choose, program });
  return program;
}

interface Adding {
  readonly env: Terminal["env"];
  readonly choose: (request: Request) => void;
  readonly program: Command;
}

function addCommand(parent: Command, declaration: Declaration, adding: Adding): void {
  const command = parent
    .command(declaration.name)
    .summary(declaration.summary)
    .description(declaration.description ?? `${declaration.summary[0]?.toUpperCase()}${declaration.summary.slice(1)}.`)
    .aliases([...(declaration.aliases ?? [])]);
  if (parent === adding.program) command.helpGroup(`${declaration.group}:`);
  for (const { usage, description } of declaration.args ?? []) command.argument(usage, description);
  const given: string[] = [];
  addFlags(command, declaration.flags, (key) => given.push(key));
  if (declaration.examples !== undefined) command.addHelpText("after", examplesOf(declaration.examples));
  for (const inner of declaration.commands ?? []) addCommand(command, inner, adding);
  if (declaration.load === undefined) return;
  command.action((...received: unknown[]) => {
    adding.choose({
      declaration,
      // Commander passes one value per argument, a list for the last one if it may repeat, then options and the command.
      args: received
        .slice(0, -2)
        .flat()
        .filter((argument) => typeof argument === "string"),
      flags: valuesOf(command, declaration.flags, adding.env),
      given,
      global: valuesOf(adding.program, globalFlags, adding.env) as GlobalFlags,
    });
  });
}

/** Where a flag's description and environment variable are looked up for help. */
const flagOf = new WeakMap<Option, Flag<unknown>>();

function addFlags(command: Command, flags: Flags, onGiven: (key: string) => void = () => undefined): void {
  for (const [key, flag] of Object.entries(flags)) {
    const option = new Option(flag.usage, flag.description);
    command.on(`option:${option.name()}`, () => onGiven(key));
    if (flag.preset !== undefined) option.preset(flag.preset);
    flagOf.set(option, flag);
    if (flag.takes !== "none") {
      option
        .default(flag.fallback)
        .argParser((value, before) => flag.read(value, flag.takes === "many" ? before : flag.fallback));
    }
    command.addOption(option.helpGroup(`${flag.group}:`));
  }
}

/** Values by precedence: the command line, the environment, the default. */
function valuesOf(command: Command, flags: Flags, env: Terminal["env"]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([key, flag]) => {
      const isGiven = command.getOptionValueSource(key) === "cli";
      return [key, isGiven ? command.getOptionValue(key) : (readFromEnv(flag, env) ?? flag.fallback)];
    }),
  );
}

function describe(option: Option): string {
  const flag = flagOf.get(option);
  if (flag === undefined) return option.description;
  const fallback = flag.shownDefault === undefined ? "" : `default: ${flag.shownDefault}; `;
  return `${flag.description} (${fallback}env: ${shownEnvOf(flag)})`;
}

function examplesOf(examples: NonNullable<Declaration["examples"]>): string {
  return [
    "",
    "Examples:",
    ...examples.flatMap(([line, does]) => [...(does === "" ? [] : [`  # ${does}`]), `  ${line}`]),
  ].join("\n");
}

const afterHelp = `\nExit codes:\n${exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning.replaceAll("`", "")}`).join("\n")}`;

/** Commander's `error: unknown option '--x'\n(Did you mean --y?)` as one of ours. */
function asUsageError(error: CommanderError, argv: readonly string[]): Error {
  const [, message = error.message, suggestion] = /^(?:error: )?([^\n]*)(?:\n\((.*)\))?/.exec(error.message) ?? [];
  const words = argv.filter((word) => /^[a-z][a-z-]*$/.test(word));
  const named = commandsOf(words);
  const help = `See: certwright ${named.map(({ name }) => `${name} `).join("")}--help`;
  const hint = suggestion ?? (error.code === "commander.excessArguments" ? flagHint(named.at(-1)) : undefined);
  return usageError(message, hint === undefined ? help : `${hint} ${help}`);
}

/** What a word that stands alone may have been meant for. */
function flagHint({ args = [], flags = {} }: Partial<Declaration> = {}): string | undefined {
  const [first] = Object.values(flags);
  return args.length > 0 || first === undefined || first.takes === "none" ? undefined : `Write ${first.usage}.`;
}

/** The commands the words at the beginning name, each below the one before. */
function commandsOf(words: readonly string[]): readonly Declaration[] {
  const found: Declaration[] = [];
  let known: readonly Declaration[] = declarations;
  for (const word of words) {
    const declaration = known.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
    if (declaration === undefined) break;
    found.push(declaration);
    known = declaration.commands ?? [];
  }
  return found;
}

/** The key commander stores a flag under; declarations use the same. */
export function keyOf(flag: Flag<unknown>): string {
  return new Option(longName(flag.usage)).attributeName();
}
