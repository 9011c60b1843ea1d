import type { Declaration } from "../command.ts";
import { globalFlags } from "../declarations/global.ts";
import { declarations } from "../declarations/index.ts";
import type { Flag, Flags } from "../flags.ts";

/** A command as completion sees it. */
export interface CompletionNode {
  /** The words that lead to it, the program's own left out: `["dns", "set"]`; aliases beside each. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly flags: readonly CompletionFlag[];
  /** What its arguments may be. */
  readonly args: readonly Complete[];
  readonly commands: readonly CompletionNode[];
}

export interface CompletionFlag {
  /** `-d`, `--domain`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Undefined where the flag takes no value; `any` where nothing can be suggested. */
  readonly value: Complete | undefined;
}

/** What may stand somewhere. */
export type Complete = readonly string[] | "file" | "directory" | "certificate" | "any";

/** The whole program, from its declarations. `providers` are the ids known. */
export function completionTree(providers: readonly string[]): CompletionNode {
  return {
    names: ["certwright"],
    summary: "",
    flags: flagsOf(globalFlags, providers),
    args: [],
    commands: declarations.map((declaration) => nodeOf(declaration, providers)),
  };
}

function nodeOf(declaration: Declaration, providers: readonly string[]): CompletionNode {
  const { name, aliases = [], summary, flags, args = [], commands = [] } = declaration;
  return {
    names: [name, ...aliases],
    summary,
    flags: flagsOf({ ...flags, ...globalFlags }, providers),
    args: args.map(({ complete }) => resolve(complete, providers)),
    commands: commands.map((inner) => nodeOf(inner, providers)),
  };
}

function flagsOf(flags: Flags, providers: readonly string[]): readonly CompletionFlag[] {
  return Object.values(flags).map((flag) => ({
    names: flag.usage.match(/--?[a-z][a-z0-9-]*/g) ?? [],
    summary: flag.description,
    value: flag.takes === "none" ? undefined : resolve(flag.complete, providers),
  }));
}

function resolve(complete: Flag<unknown>["complete"], providers: readonly string[]): Complete {
  if (complete === undefined) return "any";
  return complete === "provider" ? providers : complete;
}

/** Every command under every spelling: what is typed after the path so far, and the path it leads to. */
export function pathsOf(node: CompletionNode, path = ""): readonly { readonly typed: string; readonly path: string }[] {
  return node.commands.flatMap((inner) => {
    const innerPath = pathTo(path, inner);
    return [
      { typed: inner.names.map((name) => `${path}/${name}`).join("|"), path: innerPath },
      ...pathsOf(inner, innerPath),
    ];
  });
}

function pathTo(path: string, node: CompletionNode): string {
  return `${path}/${node.names[0] ?? ""}`;
}

/** Every command with the path that leads to it; the program itself has the empty one. */
export function everyNode(node: CompletionNode, path = ""): readonly (readonly [path: string, node: CompletionNode])[] {
  return [[path, node], ...node.commands.flatMap((inner) => everyNode(inner, pathTo(path, inner)))];
}
