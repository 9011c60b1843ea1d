import { text } from "../flags.ts";

/** Commands that work from a configuration where there is one. */
export const configFlags = {
  config: text("--config <file>", "configuration to work from", {
    group: "Configuration",
    complete: "file",
    shownDefault: "./certwright.yaml or /etc/certwright/certwright.yaml, where it exists",
  }),
};
