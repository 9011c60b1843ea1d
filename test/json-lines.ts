import { closed, follows } from "@certwright/tools/schema-check";
import { outputJsonSchema } from "certwright";
import { expect } from "vitest";

const schema = closed(outputJsonSchema());
const definitions = schema.definitions as Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Commands whose result the schema tells, too; the others' events alone. */
const told = ["issue", "run", "renew", "plan"];

/** That every line a command wrote with `--json` is as docs/reference/output.schema.json says, and holds nothing more. */
export function expectDocumented(args: readonly string[], stdout: string): void {
  for (const text of stdout.trim().split("\n")) {
    const line = JSON.parse(text);
    expect(text, "a moment that is no ISO 8601").not.toMatch(/:\d{12}/);
    const definition = definitions[line.type];
    expect(definition, `an event of no type that is told: ${text}`).toBeDefined();
    if (definition === undefined || (line.type === "result" && !told.includes(args[0] ?? ""))) continue;
    expect(follows(line, definition, schema), `not as the schema says: ${text}`).toBe(true);
  }
}
