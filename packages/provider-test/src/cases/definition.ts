import assert from "node:assert/strict";
import {
  type DefinedProvider,
  defineProvider,
  type OptionDefinition,
  type OptionsSchema,
  type Provider,
} from "@certwright/provider";

/** Fails with everything that is wrong with a definition: what `defineProvider` checks, and what only an author can mend. */
export function assertSound(definition: DefinedProvider<OptionsSchema>) {
  defineProvider(definition);
  const faults = [
    ...fault(/\S \S.*\.$/.test(definition.permissions), "permissions must be a sentence with a full stop"),
    ...Object.entries(definition.options).flatMap(([name, option]) => optionFaults(name, option)),
    ...Object.entries(definition.traits.limits ?? {}).flatMap(([name, reason]) =>
      fault(/\S \S.*\.$/.test(reason), `limit ${name} needs its reason as a sentence with a full stop`),
    ),
  ];
  assert.deepEqual(faults, [], "the definition is not sound");
}

const fault = (holds: boolean, message: string) => (holds ? [] : [message]);

/** Names that promise a secret. */
const soundsSecret = /(secret|password|passphrase|token|key|credential)s?$/i;

function optionFaults(name: string, option: OptionDefinition): string[] {
  const secret = option.secret === true || option.type === "path";
  return [
    ...fault(/^[A-Z][A-Z0-9_]*$/.test(option.env[0] ?? ""), `the first variable of "${name}" must be UPPER_SNAKE`),
    ...fault(!soundsSecret.test(name) || secret, `option "${name}" sounds secret but is not marked so`),
  ];
}

/** Fails when `create` returned another shape than `traits.granularity` promises. */
export function assertShape(provider: Provider, granularity: "record" | "recordSet" | "zone") {
  const shape = "add" in provider ? "record" : "get" in provider ? "recordSet" : "zone";
  assert.equal(shape, granularity, "traits.granularity is not the shape that create returns");
}
