import { CertwrightError } from "@certwright/provider";
import type { Position } from "./located.ts";

/** One thing wrong with the file. */
export interface ConfigFault extends Position {
  /** Where in the structure: `certificates["www.example.com"].keyType`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong. Never shows a value that may be a secret. */
  readonly problem: string;
  /** What to write instead. */
  readonly hint: string;
}

/** More are counted, not listed. */
const mostListed = 100;

/** The configuration has faults: code `CONFIG_INVALID`. The message lists them all, one a line, by place in the file. */
export class ConfigError extends CertwrightError {
  override readonly name: string = "ConfigError";
  readonly file: string;
  /** In the order of the file. */
  readonly faults: readonly ConfigFault[];

  constructor(file: string, faults: readonly ConfigFault[]) {
    const sorted = inOrder(faults);
    const count = sorted.length === 1 ? "1 fault" : `${sorted.length} faults`;
    const lines = sorted.slice(0, mostListed).map((fault) => showFault(file, fault));
    if (sorted.length > mostListed) lines.push(`... and ${sorted.length - mostListed} more`);
    super("CONFIG_INVALID", `${file} has ${count}\n${lines.join("\n")}`, {
      hint: "Correct the file; nothing was done. `certwright config check` reads it again.",
    });
    this.file = file;
    this.faults = sorted;
  }
}

/** A fault on one line, as compilers write it, so that editors can jump there. */
export function showFault(file: string, { path, line, column, problem, hint }: ConfigFault): string {
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path} `}${problem}. ${hint}`;
}

/** By place in the file, each once: what an anchor holds is read wherever an alias repeats it. */
function inOrder(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  const distinct = new Map<string, ConfigFault>();
  for (const fault of faults) {
    const key = JSON.stringify([fault.line, fault.column, fault.problem, /[^.[]*$/.exec(fault.path)?.[0]]);
    if (!distinct.has(key)) distinct.set(key, fault);
  }
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
