import type { Declaration } from "../command.ts";
import { toggle } from "../flags.ts";
import { configFlags } from "./config-flag.ts";
import { detailedExitcodeFlag } from "./exit-code-flag.ts";

const run = { group: "This run" };

export const renewFlags = {
  force: toggle("--force", "renew even if nothing is due", run),
  dryRun: toggle(
    "--dry-run",
    "say what would be done, and why, and, of certificates that are named, what the deploy targets look like; and do nothing",
    run,
  ),
  doctor: toggle("--doctor", "first look for what would keep any from being issued; those are left out", run),
  acceptTos: toggle("--accept-tos", "agree to the CA's terms of service, should a new account be needed", run),
  detailedExitcode: detailedExitcodeFlag,
  ...configFlags,
};

export const renewDeclaration: Declaration<typeof renewFlags> = {
  name: "renew",
  group: "Certificates",
  summary: "renew what is due, and deploy what is not live everywhere yet",
  description:
    "Looks at every certificate of the configuration, where there is one, else of the store, or at those named, and does what is due: a new certificate, or a deployment that failed before. Meant for a timer every few hours; where nothing is due it asks the CA for no more than its renewal information.",
  args: [
    { usage: "[names...]", description: "certificates, as `certwright list` names them", complete: "certificate" },
  ],
  flags: renewFlags,
  sumsUp: true,
  examples: [
    ["certwright renew", "what a timer runs"],
    ["certwright renew --dry-run", "what would be done"],
    ["certwright renew --config /etc/certwright/certwright.yaml", "what the file says, whatever was issued before"],
    ["certwright renew example.com --force", "a new certificate now"],
  ],
  load: () => import("../commands/renew.ts"),
};

export const planFlags = { force: renewFlags.force, detailedExitcode: detailedExitcodeFlag, ...configFlags };

export const planDeclaration: Declaration<typeof planFlags> = {
  name: "plan",
  group: "Certificates",
  summary: "what renew would do now, when it would do the rest, and why",
  description:
    "Decides by the same code as `certwright renew`, and does nothing. The CA is asked for its renewal information where it is time to.",
  args: renewDeclaration.args ?? [],
  flags: planFlags,
  sumsUp: true,
  examples: [
    ["certwright plan --json", "one JSON object with every action and its reason"],
    ["certwright plan --detailed-exitcode --quiet", "5 where something is due, 0 where nothing is"],
  ],
  load: () => import("../commands/plan.ts"),
};
