import type { Invocation } from "./command.ts";
import { usageError } from "./errors.ts";

/** Asks before what cannot be undone, unless `--yes` was given. @throws CertwrightError `CLI_USAGE` */
export async function confirm(
  question: string,
  { flags, context }: Pick<Invocation, "context"> & { readonly flags: { readonly yes: boolean } },
): Promise<void> {
  if (flags.yes) return;
  if (context.ask === undefined) throw usageError("nobody is there to confirm this", "Add --yes.");
  const answer = await context.ask(question, context.stopper.signal);
  if (!/^y(es)?$/i.test(answer.trim())) throw usageError("not confirmed", "Nothing was changed.");
}
