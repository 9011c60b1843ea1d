import { describeOptions } from "@certwright/provider";
import { emailOf } from "../ca-spec.ts";
import type { CliContext } from "../context.ts";
import { usageError } from "../errors.ts";
import { loadProvider } from "../plugins/load-provider.ts";
import { pluginSearch } from "../plugins/search.ts";
import { parseSecretRef } from "../secret-ref.ts";
import type { FirstConfig } from "./config-text.ts";

/** What flags said already; what is empty is asked. */
export type Given = FirstConfig;

/** Completes the answers by asking, where somebody is there. @throws CertwrightError `CLI_USAGE` where nobody is and something is missing */
export async function askForRest(given: Given, context: CliContext): Promise<FirstConfig> {
  const { ask, stopper } = context;
  if (ask === undefined) {
    if (given.names.length === 0)
      throw usageError("no names are given", "Add -d example.com, or run it in a terminal.");
    return given;
  }
  const line = async (question: string): Promise<string> => (await ask(`${question} `, stopper.signal)).trim();
  const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== "");
  const names = given.names.length > 0 ? given.names : words(await line("Names of the certificate:"));
  if (names.length === 0) throw usageError("no names are given", "Answer with at least one, or add -d example.com.");
  const ids =
    given.providers.length > 0
      ? given.providers
      : words(await line("DNS provider (empty: prove names by HTTP):")).map((id) => ({ id, options: {} }));
  const providers: FirstConfig["providers"][number][] = [];
  for (const provider of ids) providers.push({ ...provider, options: await askOptions(provider, line, context) });
  const email = given.email ?? (await line("E-mail address for the CA (empty: none):"));
  const acceptTerms = given.acceptTerms || isYes(await line("Do you agree to the terms of service of the CA? [y/N]"));
  const deploy =
    given.deploy.length > 0
      ? given.deploy
      : words(await line("Where does it go, such as haproxy:/run/haproxy/admin.sock (empty: nowhere)?"));
  return { ...given, names, providers, acceptTerms, deploy, email: email === "" ? undefined : emailOf(email) };
}

/** Options that are needed and neither given nor in the environment. */
async function askOptions(
  { id, options }: FirstConfig["providers"][number],
  line: (question: string) => Promise<string>,
  context: CliContext,
): Promise<FirstConfig["providers"][number]["options"]> {
  const answers: Record<string, FirstConfig["providers"][number]["options"][string]> = { ...options };
  // What is given, here or by the environment, or will be.
  const settled = new Set(Object.keys(options));
  for (const { option, secret, required, env, insteadOf } of describeOptions(
    await loadProvider(id, await pluginSearch(context.cwd)),
  )) {
    const isSet = env.some((name) => (context.env[name] ?? context.env[`${name}_FILE`] ?? "") !== "");
    const isReplaced = insteadOf.some((group) => group.every((other) => settled.has(other)));
    const isNeeded = (required || insteadOf.length > 0) && !isReplaced && !settled.has(option);
    if (isSet || !isNeeded) {
      if (isSet) settled.add(option);
      continue;
    }
    settled.add(option);
    const [variable = ""] = env;
    const answer = await line(
      secret ? `File that holds ${option} (empty: the variable ${variable} will be set):` : `${option}:`,
    );
    if (answer === "") continue;
    answers[option] = secret ? (parseSecretRef(answer, context.cwd) ?? { file: answer }) : answer;
  }
  return answers;
}

export function isYes(answer: string): boolean {
  return /^y(?:es)?$/i.test(answer.trim());
}
