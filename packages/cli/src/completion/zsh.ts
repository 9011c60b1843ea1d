import type { Complete, CompletionFlag, CompletionNode } from "./tree.ts";

/** A zsh completion script (zsh's manual, "Completion System", `_arguments` and `_describe`). */
export function zshCompletion(tree: CompletionNode): string {
  return [
    "#compdef certwright",
    "# certwright completion for zsh; written by: certwright completion zsh",
    "_certwright_certificates() {",
    "  local -a found",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is zsh's own.
    '  found=(${(f)"$(certwright list --names 2>/dev/null)"})',
    "  compadd -a found",
    "}",
    ...functionsOf(tree, "_certwright"),
    'if [ "$funcstack[1]" = "_certwright" ]; then _certwright "$@"; else compdef _certwright certwright; fi',
    "",
  ].join("\n");
}

function functionsOf(node: CompletionNode, name: string): readonly string[] {
  const inner = node.commands.flatMap((command) => functionsOf(command, functionName(name, command)));
  const specs = [...node.flags.flatMap(specsOf), ...argSpecs(node)];
  if (node.commands.length === 0) return [`${name}() {`, "  _arguments -S \\", ...continued(specs), "}"];
  return [
    ...inner,
    `${name}() {`,
    "  local context state line",
    "  _arguments -C \\",
    ...continued([...specs, quote("1:command:->command"), quote("*::argument:->argument")]),
    '  case "$state" in',
    "    command)",
    "      local -a commands",
    `      commands=(${node.commands.flatMap(described).map(quote).join(" ")})`,
    "      _describe command commands ;;",
    "    argument)",
    '      case "$line[1]" in',
    ...node.commands.map((command) => `        ${command.names.join("|")}) ${functionName(name, command)} ;;`),
    "      esac ;;",
    "  esac",
    "}",
  ];
}

function functionName(parent: string, node: CompletionNode): string {
  return `${parent}_${node.names[0] ?? ""}`;
}

function described({ names, summary }: CompletionNode): readonly string[] {
  return names.map((name) => `${name}:${summary.replaceAll(":", "\\:")}`);
}

function specsOf({ names, summary, value }: CompletionFlag): readonly string[] {
  const text = summary.replaceAll(/[[\]]/g, "").replaceAll(":", "\\:");
  return names.map((name) => quote(`*${name}[${text}]${value === undefined ? "" : `:value:${action(value)}`}`));
}

function argSpecs({ args }: CompletionNode): readonly string[] {
  return args.map((complete, index) =>
    quote(`${index === args.length - 1 ? "*" : index + 1}:argument:${action(complete)}`),
  );
}

function action(complete: Complete): string {
  if (complete === "any") return " ";
  if (complete === "file") return "_files";
  if (complete === "directory") return "_files -/";
  if (complete === "certificate") return "_certwright_certificates";
  return `(${complete.join(" ")})`;
}

function continued(specs: readonly string[]): readonly string[] {
  return specs.map((spec, index) => `    ${spec}${index === specs.length - 1 ? "" : " \\"}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
