import type { Declaration } from "../command.ts";

export const shells = ["bash", "zsh", "fish"] as const;

export const completionFlags = {};

export const completionDeclaration: Declaration<typeof completionFlags> = {
  name: "completion",
  group: "Other",
  summary: "completion for bash, zsh or fish",
  args: [{ usage: "<shell>", description: shells.join(", "), complete: shells }],
  flags: completionFlags,
  examples: [
    ["certwright completion bash > /etc/bash_completion.d/certwright", ""],
    ["certwright completion zsh > /usr/local/share/zsh/site-functions/_certwright", ""],
    ["certwright completion fish > ~/.config/fish/completions/certwright.fish", ""],
  ],
  load: () => import("../commands/completion.ts"),
};
