import type { Declaration } from "../command.ts";
import { toggle } from "../flags.ts";
import { configFlags } from "./config-flag.ts";
import { issueFlags } from "./issue.ts";

const { domain, name, csr, profile, keyType, reuseKey, preferredChain, deploy, force, dryRun, doctor, ...others } =
  issueFlags;

export const doctorFlags = {
  domain,
  profile,
  ...others,
  ...configFlags,
  write: toggle(
    "--write",
    "also write what each challenge needs, wait until it is seen, and remove it: a full trial without a certificate",
    { group: "This run" },
  ),
};

export const doctorDeclaration: Declaration<typeof doctorFlags> = {
  name: "doctor",
  group: "Certificates",
  summary: "look for everything that would keep a certificate from being issued, and say what to do",
  description:
    "Looks at CAA records, delegation, every name server, DNSSEC, ports, the profile's limits, this machine's ledger of the CA's rate limits, and the state directory.\nFor names given by -d with the flags of `certwright issue`, or for certificates of the configuration or the store.\nEnds with 1 where something found will keep a certificate from being issued.",
  args: [
    { usage: "[names...]", description: "certificates, as `certwright list` names them", complete: "certificate" },
  ],
  flags: doctorFlags,
  examples: [
    ["certwright doctor -d example.com -d '*.example.com' --dns desec --write", "before the first order"],
    ["certwright doctor", "every certificate of the configuration, or of the store"],
  ],
  load: () => import("../commands/doctor.ts"),
};
