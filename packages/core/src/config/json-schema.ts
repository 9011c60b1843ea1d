import { configTable } from "./table.ts";
import type { JsonSchema, NamedObject } from "./type.ts";

/** Where the schema is found; editors take it from the file's first line, `# yaml-language-server: $schema=...`. */
export const schemaFile = "docs/reference/certwright.schema.json";

/**
 * JSON Schema (draft 7) of the configuration file, from the same table it is read by. It says all of its structure;
 * grammars of names and addresses, and references inside the file, are checked by `readConfig` alone.
 */
export function configJsonSchema(): JsonSchema {
  const { self } = configTable;
  const definitions = allObjects(self)
    .slice(1)
    .map(({ name, schema }) => [name, schema]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "certwright.yaml",
    ...self.schema,
    definitions: Object.fromEntries(definitions),
  };
}

/** An object and all inside it, each once, in the order they are met. */
export function allObjects(root: NamedObject): readonly NamedObject[] {
  const found = new Map([[root.name, root]]);
  for (const object of found.values()) for (const inner of object.objects) found.set(inner.name, inner);
  return [...found.values()];
}
