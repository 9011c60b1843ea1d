import type { Finding } from "@certwright/core";
import { checkListener } from "./check-config.ts";

/** What the command line HAProxy was started with says: `-S address,word,word`. */
export function checkCommandLine(argv: readonly string[], subject: string): readonly Finding[] {
  return argv.flatMap((word, index) => {
    const value = word === "-S" ? argv[index + 1] : undefined;
    if (value === undefined || value.startsWith("-")) return [];
    const [address = "", ...words] = value.split(",");
    return checkListener(address, words, subject, `"-S ${value}"`);
  });
}

/** Files and directories HAProxy was started with, in that order. */
export function configArguments(argv: readonly string[]): readonly string[] {
  const files = argv.flatMap((word, index) => (word === "-f" ? (argv[index + 1] ?? []) : []));
  const rest = argv.indexOf("--");
  return rest < 0 ? files : [...files, ...argv.slice(rest + 1)];
}
