import type { Complete, CompletionFlag, CompletionNode } from "./tree.ts";

/** A fish completion script (fish's manual, "Writing your own completions"). */
export function fishCompletion(tree: CompletionNode): string {
  return [
    "# certwright completion for fish; written by: certwright completion fish",
    "complete -c certwright -f",
    ...tree.flags.map((flag) => flagLine(flag, "")),
    ...tree.commands.flatMap((command) => commandLines(command, "__fish_use_subcommand")),
    "",
  ].join("\n");
}

function commandLines(node: CompletionNode, shownWhen: string): readonly string[] {
  const inside = `__fish_seen_subcommand_from ${node.names.join(" ")}`;
  const innerNames = node.commands.flatMap(({ names }) => names).join(" ");
  const shownInside = `${inside}; and not __fish_seen_subcommand_from ${innerNames}`;
  return [
    ...node.names.map((name) => `complete -c certwright -n ${quote(shownWhen)} -a ${name} -d ${quote(node.summary)}`),
    ...node.flags.map((flag) => flagLine(flag, inside)),
    ...node.args
      .filter((complete) => complete !== "any")
      .map((complete) => `complete -c certwright -n ${quote(inside)}${values(complete)}`),
    ...node.commands.flatMap((inner) => commandLines(inner, shownInside)),
  ];
}

function flagLine({ names, summary, value }: CompletionFlag, condition: string): string {
  const when = condition === "" ? "" : ` -n ${quote(condition)}`;
  const spelled = names
    .map((name) => (name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`))
    .join("");
  return `complete -c certwright${when}${spelled} -d ${quote(summary)}${value === undefined ? "" : ` -x${values(value)}`}`;
}

function values(complete: Complete): string {
  if (complete === "any") return "";
  if (complete === "file") return " -F";
  if (complete === "directory") return " -a '(__fish_complete_directories)'";
  if (complete === "certificate") return " -a '(certwright list --names 2>/dev/null)'";
  return ` -a ${quote(complete.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
