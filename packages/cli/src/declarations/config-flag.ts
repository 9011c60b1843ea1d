import { text } from "../flags.ts";

function configFrom(description: string) {
  const shownDefault = "./certwright.yaml or /etc/certwright/certwright.yaml, where it exists";
  return { config: text("--config <file>", description, { group: "Configuration", complete: "file", shownDefault }) };
}

/** Commands that work from a configuration where there is one. */
export const configFlags = configFrom("configuration to work from");

/** A command that asks a configuration where state is kept, and whom to tell. */
export const stateAndNewsFlags = configFrom(
  "configuration that says where state is kept, and whom to tell what goes wrong",
);

/** Commands that ask a configuration how nodes are reached. */
export const nodeConfigFlags = configFrom(
  "configuration that says what a target's label means, and where a node's key is",
);

/** Commands that ask a configuration for nothing but where state is kept. */
export const stateFlags = configFrom("configuration that says where state is kept");
