import assert from "node:assert/strict";
import type { DefinedProvider, OptionDefinition, OptionsSchema, Provider } from "@certwright/provider";

/** Fails with everything that is wrong with a definition at once: what docs, help and the host rely on. */
export function assertSound(definition: DefinedProvider<OptionsSchema>) {
  const faults = [
    ...fault(
      /^[a-z0-9]+(-[a-z0-9]+)*$/.test(definition.id),
      `id "${definition.id}" must be lower-case letters, digits and inner hyphens`,
    ),
    ...fault(definition.name.trim() !== "", "name is empty"),
    ...fault(isHttps(definition.website), "website must be an https URL"),
    ...fault(isHttps(definition.docs), "docs must be an https URL"),
    ...fault(definition.endpoint === undefined || isHttps(definition.endpoint), "endpoint must be an https URL"),
    ...fault(/\S \S.*\.$/.test(definition.permissions), "permissions must be a sentence with a full stop"),
    ...fault(/^\d{4}-\d{2}-\d{2}$/.test(definition.tested.on), "tested.on must be a date: 2026-01-31"),
    ...fault(definition.tested.against.trim() !== "", "tested.against is empty"),
    ...Object.entries(definition.options).flatMap(([name, option]) => optionFaults(name, option)),
    ...Object.entries(definition.traits.limits ?? {}).flatMap(([name, reason]) =>
      fault(/\S \S/.test(reason), `limit ${name} needs its reason as a sentence`),
    ),
    ...sharedNames(definition.options),
  ];
  assert.deepEqual(faults, [], "the definition is not sound");
}

const fault = (holds: boolean, message: string) => (holds ? [] : [message]);

const isHttps = (url: string) => URL.canParse(url) && new URL(url).protocol === "https:";

/** Names that promise a secret, and endings that take the promise back (an id, a file, a user). */
const soundsSecret = /(secret|password|token|key|credential)s?$/i;

function optionFaults(name: string, option: OptionDefinition): string[] {
  return [
    ...fault(/^[a-z][A-Za-z0-9]*$/.test(name), `option "${name}" must be camelCase`),
    ...fault(option.description.trim().length > 3, `option "${name}" has no description`),
    ...fault(!/[.\n]$/.test(option.description), `the description of "${name}" ends with a full stop or line break`),
    ...fault(option.env.length > 0, `option "${name}" has no environment variable`),
    ...option.env.flatMap((env) => fault(/^[A-Za-z][A-Za-z0-9_]*$/.test(env), `"${env}" is no name for a variable`)),
    ...fault(/^[A-Z][A-Z0-9_]*$/.test(option.env[0] ?? "A"), `the first variable of "${name}" must be UPPER_SNAKE`),
    ...fault(
      !soundsSecret.test(name) || option.secret === true || option.type === "path",
      `option "${name}" sounds secret but is not marked so`,
    ),
    ...fault(!option.secret || option.default === undefined, `secret "${name}" has a default`),
  ];
}

function sharedNames(options: OptionsSchema): string[] {
  const owners = new Map<string, string>();
  return Object.entries(options).flatMap(([name, { env }]) =>
    env.flatMap((variable) => {
      const owner = owners.get(variable);
      owners.set(variable, name);
      return fault(owner === undefined, `${variable} belongs to "${owner}" and "${name}"`);
    }),
  );
}

/** Fails when `create` returned another shape than `traits.granularity` promises. */
export function assertShape(provider: Provider, granularity: "record" | "recordSet" | "zone") {
  const shape = "add" in provider ? "record" : "get" in provider ? "recordSet" : "zone";
  assert.equal(shape, granularity, "traits.granularity is not the shape that create returns");
}
