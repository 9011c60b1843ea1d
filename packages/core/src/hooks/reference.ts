import { hookVariables } from "./variables.ts";

/** The reference page of hooks in Markdown: what they are told, and how they are run. */
export function hookReference(): string {
  return [
    "# Hooks",
    "",
    "A hook is a program and its arguments; no shell reads them.",
    "It runs in a clean environment: PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ and TMPDIR, what `passEnv` and `env` name, and the variables below where they apply.",
    "On standard input it gets a JSON object, which also stands in the file `CERTWRIGHT_HOOK_CONTEXT`.",
    "Neither holds a private key: keys are named by their files, which are there while the hook runs. Copy what is to stay.",
    "After its time limit (2 minutes if nothing is said) its whole process group is asked to end, and killed 5 seconds later.",
    "The last 64 KiB of each output stream are read for the message; private keys in them are not shown.",
    "",
    "| Hook | Runs | When it fails |",
    "| --- | --- | --- |",
    "| `hooks.pre` of the file | once, before the first order of a run | no certificate is ordered |",
    "| `hooks.pre` of a certificate | before its order | it is not ordered |",
    "| `hooks.deploy` | after issuance, as a deploy target | tried again on its own schedule, without a new order |",
    "| `hooks.post` of a certificate | after the attempt, successful or not | told as a warning, and counted |",
    "| `hooks.post` of the file | once, after the last order of a run | told as a warning, and counted |",
    "",
    "| Variable | Holds |",
    "| --- | --- |",
    ...hookVariables.map(({ name, description }) => `| \`${name}\` | ${description} |`),
    "",
  ].join("\n");
}
