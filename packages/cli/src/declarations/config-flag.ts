import { text } from "../flags.ts";

const usual = "./certwright.yaml or /etc/certwright/certwright.yaml, where it exists";

/** Commands that work from a configuration where there is one. */
export const configFlags = {
  config: text("--config <file>", "configuration to work from", {
    group: "Configuration",
    complete: "file",
    shownDefault: usual,
  }),
};

/** A command that asks a configuration where state is kept, and whom to tell. */
export const stateAndNewsFlags = {
  config: text("--config <file>", "configuration that says where state is kept, and whom to tell what goes wrong", {
    group: "Configuration",
    complete: "file",
    shownDefault: usual,
  }),
};

/** Commands that ask a configuration for nothing but where state is kept. */
export const stateFlags = {
  config: text("--config <file>", "configuration that says where state is kept", {
    group: "Configuration",
    complete: "file",
    shownDefault: usual,
  }),
};
