import { type Complete, type CompletionFlag, type CompletionNode, everyNode, pathsOf } from "./tree.ts";

/** A fish completion script (fish's manual, "Writing your own completions"). */
export function fishCompletion(tree: CompletionNode): string {
  return [
    "# certwright completion for fish; written by: certwright completion fish",
    "function __certwright_path",
    '  set -l path ""',
    "  for word in (commandline -opc)[2..]",
    '    switch "$path/$word"',
    ...pathsOf(tree).map(({ typed, path }) => `      case ${typed.split("|").join(" ")}\n        set path ${path}`),
    "    end",
    "  end",
    '  echo "$path"',
    "end",
    "complete -c certwright -f",
    ...everyNode(tree).flatMap(([path, node]) => linesOf(path, node)),
    "",
  ].join("\n");
}

function linesOf(path: string, { flags, args, commands }: CompletionNode): readonly string[] {
  const start = `complete -c certwright -n ${quote(`test (__certwright_path) = "${path}"`)}`;
  return [
    ...commands.flatMap(({ names, summary }) => names.map((name) => `${start} -a ${name} -d ${quote(summary)}`)),
    ...flags.map((flag) => `${start}${namesOf(flag)} -d ${quote(flag.summary)}${suggestions(flag)}`),
    ...args.filter((complete) => complete !== "any").map((complete) => `${start}${choices(complete)}`),
  ];
}

function namesOf({ names }: CompletionFlag): string {
  return names.map((name) => (name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`)).join("");
}

function suggestions({ value }: CompletionFlag): string {
  if (value === undefined) return "";
  // Exclusive (-x) means: a value is required, and files are not among the suggestions.
  return value === "file" ? " -r -F" : ` -x${choices(value)}`;
}

function choices(complete: Complete): string {
  if (complete === "any") return "";
  if (complete === "file") return " -F";
  if (complete === "directory") return " -a '(__fish_complete_directories)'";
  if (complete === "certificate") return " -a '(certwright list --names 2>/dev/null)'";
  return ` -a ${quote(complete.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
