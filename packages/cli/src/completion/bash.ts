import { type Complete, type CompletionNode, everyNode, pathsOf } from "./tree.ts";

/** A bash completion script (bash's manual, "Programmable Completion"). */
export function bashCompletion(tree: CompletionNode): string {
  return [
    "# certwright completion for bash; written by: certwright completion bash",
    "_certwright() {",
    ...opening,
    ...pathsOf(tree).map(({ typed, path }) => `      ${typed}) path="${path}" ;;`),
    "    esac",
    "  done",
    '  case "$path:$previous" in',
    ...valueCases(tree),
    "  esac",
    '  case "$path" in',
    ...wordCases(tree),
    "  esac",
    "}",
    "complete -F _certwright certwright",
    "",
  ].join("\n");
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are bash's own.
/** Finds the command typed so far, as a path; `case` goes on with what may follow. */
const opening = [
  '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" word index',
  "  COMPREPLY=()",
  "  for ((index = 1; index < COMP_CWORD; index++)); do",
  '    word="${COMP_WORDS[index]}"',
  '    case "$path/$word" in',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are bash's own.

function valueCases(tree: CompletionNode): readonly string[] {
  return everyNode(tree).flatMap(([path, { flags }]) =>
    flags.flatMap(({ names, value }) =>
      value === undefined
        ? []
        : [`    ${names.map((name) => `"${path}:${name}"`).join("|")}) ${reply(value)}; return ;;`],
    ),
  );
}

function wordCases(tree: CompletionNode): readonly string[] {
  return everyNode(tree).map(([path, { flags, commands, args }]) => {
    const words = [...commands.flatMap(({ names }) => names), ...flags.flatMap(({ names }) => names), "--help"];
    const values = args.filter((complete) => complete !== "any").map(reply);
    return `    "${path}") COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$current"))${values
      .map((value) => `; [[ $current == -* ]] || { ${value}; }`)
      .join("")} ;;`;
  });
}

/** The commands that add what fits to the reply. */
function reply(complete: Complete): string {
  if (complete === "any") return ":";
  if (complete === "file") return 'COMPREPLY+=($(compgen -f -- "$current"))';
  if (complete === "directory") return 'COMPREPLY+=($(compgen -d -- "$current"))';
  if (complete === "certificate") {
    return 'COMPREPLY+=($(compgen -W "$(certwright list --names 2>/dev/null)" -- "$current"))';
  }
  return `COMPREPLY+=($(compgen -W ${quote(complete.join(" "))} -- "$current"))`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
