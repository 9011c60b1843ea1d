import type { Declaration } from "../command.ts";
import { toggle } from "../flags.ts";

const run = { group: "This run" };

export const renewFlags = {
  force: toggle("--force", "renew even if nothing is due", run),
  dryRun: toggle("--dry-run", "say what would be done, and why, and do nothing", run),
  doctor: toggle("--doctor", "first look for what would keep any from being issued; those are left out", run),
  acceptTos: toggle("--accept-tos", "agree to the CA's terms of service, should a new account be needed", run),
};

export const renewDeclaration: Declaration<typeof renewFlags> = {
  name: "renew",
  group: "Certificates",
  summary: "renew what is due, and deploy what is not live everywhere yet",
  description:
    "Looks at every certificate in the store, or at those named, and does what is due: a new certificate, or a deployment that failed before. Meant for a timer every few hours; where nothing is due it asks the CA for no more than its renewal information.",
  args: [
    { usage: "[names...]", description: "certificates, as `certwright list` names them", complete: "certificate" },
  ],
  flags: renewFlags,
  examples: [
    ["certwright renew", "what a timer runs"],
    ["certwright renew --dry-run", "what would be done"],
    ["certwright renew example.com --force", "a new certificate now"],
  ],
  load: () => import("../commands/renew.ts"),
};
