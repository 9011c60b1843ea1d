import type { CommandResult, Invocation } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { completionTree } from "../completion/tree.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { type completionFlags, shells } from "../declarations/completion.ts";
import { usageError } from "../errors.ts";
import { exitCodes } from "../exit-code.ts";
import { pluginSearch } from "../plugins/search.ts";
import { didYouMean } from "../suggest.ts";

/** Prints the script for a shell. */
export async function run({ args, context }: Invocation<typeof completionFlags>): Promise<CommandResult> {
  const [wanted = ""] = args;
  const shell = shells.find((known) => known === wanted.toLowerCase());
  if (shell === undefined) {
    throw usageError(
      `no completion for ${JSON.stringify(wanted)}`,
      didYouMean(wanted, shells) ?? `One of: ${shells.join(", ")}.`,
    );
  }
  const { registry } = await pluginSearch(context.cwd);
  const tree = completionTree(registry.map(({ id }) => id));
  const script = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell](tree);
  return { exitCode: exitCodes.done, result: { shell, script }, lines: script.trimEnd().split("\n") };
}
