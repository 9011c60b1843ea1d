import { allObjects } from "./json-schema.ts";
import { configTable } from "./table.ts";
import type { Key, NamedObject } from "./type.ts";

/** The reference page of the configuration file in Markdown, from the same table it is read by. */
export function configReference(): string {
  const { self } = configTable;
  return [
    "# certwright.yaml",
    "",
    "One YAML 1.2 file. An unknown key, a key given twice, a value of another form and a reference to nothing are errors, and all are told at once, each with its line and column.",
    "Relative paths start at the file's own directory.",
    "Secrets never stand in the file: where one is needed, say where it is found (see [secret](#secret)).",
    "`certwright config check` reads the file and does nothing else; `certwright config schema` prints its JSON Schema, for editors.",
    "",
    ...allObjects(self).flatMap((object) => section(object, object === self)),
  ].join("\n");
}

function section({ name, description, keys }: NamedObject, isRoot: boolean): readonly string[] {
  return [
    `## ${isRoot ? "The file" : name}`,
    "",
    description,
    "",
    "| Key | Value | Default | Meaning |",
    "| --- | --- | --- | --- |",
    ...Object.entries(keys).map(([key, each]) => row(key, each)),
    "",
  ];
}

function row(name: string, key: Key<unknown>): string {
  const cells = [`\`${name}\``, key.type.label, shownDefault(key), key.description];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function shownDefault(key: Key<unknown>): string {
  if (key.presence === "required") return "required";
  if (key.presence === "optional") return key.absent ?? "none";
  const value = key.default;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((each) => `\`${String(each)}\``).join(", ");
  return typeof value === "object" ? "" : `\`${String(value)}\``;
}
