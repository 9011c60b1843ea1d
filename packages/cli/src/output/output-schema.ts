import {
  eventTable,
  type JsonSchema,
  type JsonType,
  jsonSchemaOf,
  moment,
  required,
  union,
  word,
} from "@certwright/core/json";
import { outputVersion } from "./output-version.ts";
import { resultCase } from "./result-table.ts";

/** Where the schema is published. */
export const outputSchemaFile = "docs/reference/output.schema.json";

/** What every line begins with. */
const common = {
  version: required(word(outputVersion), "Version of what these lines mean."),
  time: required(moment, "When it was told."),
};

/** One line of `issue`, `renew` and `plan` with `--json`. */
export const lineJson: JsonType<unknown> = union("", "type", { ...eventTable, result: resultCase }, common);

/** JSON Schema (draft 7) of one line of output, from the tables the events and results have their types from. */
export function outputJsonSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "One line of certwright issue, renew and plan with --json",
    ...jsonSchemaOf(lineJson),
  };
}
