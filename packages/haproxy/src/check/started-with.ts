import { readFile, readlink } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import type { Finding } from "@certwright/core";
import { checkListener } from "./check-sockets.ts";

/** How a process of this machine was started. */
export interface StartedWith {
  readonly argv: readonly string[];
  /** Its variables at the start, where this user may know them. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files and directories of configuration, in that order; relative ones where it is not known to what. */
  readonly files: readonly string[];
}

/**
 * Linux tells; elsewhere nothing is known, nor where the process of that id is no HAProxy, as seen from outside of a
 * container whose processes are counted on their own.
 */
export async function startedWith(pid: number, proc = "/proc"): Promise<StartedWith | undefined> {
  const read = async (file: string) =>
    (await readFile(`${proc}/${pid}/${file}`, "utf8").catch(() => "")).split("\0").filter(Boolean);
  const argv = await read("cmdline");
  if (!/haproxy/i.test(basename(argv[0] ?? ""))) return undefined;
  const env = (await read("environ")).map((text): [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const start = wordBehind(argv, "-C") ?? (await readlink(`${proc}/${pid}/cwd`).catch(() => undefined));
  const place = (file: string) => (start === undefined || isAbsolute(file) ? file : join(start, file));
  return {
    argv,
    files: configArguments(argv).map(place),
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
  };
}

/** What the command line HAProxy was started with says: `-S address,word,word`. */
export function checkCommandLine(argv: readonly string[], subject: string): readonly Finding[] {
  const value = wordBehind(argv, "-S");
  if (value === undefined || value.startsWith("-")) return [];
  const [address = "", ...words] = value.split(",");
  return checkListener(address, words, subject, `"-S ${value}"`);
}

/** Files and directories HAProxy was started with, in that order. */
export function configArguments(argv: readonly string[]): readonly string[] {
  const files = argv.flatMap((word, index) => (word === "-f" ? (argv[index + 1] ?? []) : []));
  const rest = argv.indexOf("--");
  return rest < 0 ? files : [...files, ...argv.slice(rest + 1)];
}

function wordBehind(argv: readonly string[], option: string): string | undefined {
  const at = argv.indexOf(option);
  return at < 0 ? undefined : argv[at + 1];
}
