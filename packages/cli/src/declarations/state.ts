import type { Declaration } from "../command.ts";
import { text } from "../flags.ts";
import { stateFlags } from "./config-flag.ts";

const group = "Configuration";

export const stateKeyFlags = {
  out: text("-o, --out <file>", "file to write it to, for this user alone; one that is there is never overwritten", {
    group,
    complete: "file",
    shownDefault: "standard output",
  }),
};

const keyDeclaration: Declaration<typeof stateKeyFlags> = {
  name: "key",
  group,
  summary: "make a key that state beyond this machine is encrypted with",
  description:
    "Makes 32 random bytes and writes them in base64. Keep a copy in a safe place: without the key the state cannot be read by anybody.\nTo change a key, give the new one as state.encryptionKey and the old one under state.formerKeys, run `certwright state reseal`, then leave the old one out.",
  flags: stateKeyFlags,
  examples: [
    ["certwright state key --out /etc/certwright/state-key", "then state.encryptionKey: { file: state-key }"],
    ["certwright state key | gh secret set CERTWRIGHT_STATE_KEY", "for a job without a disk"],
  ],
  load: () => import("../commands/state-key.ts"),
};

const checkDeclaration: Declaration<typeof stateFlags> = {
  name: "check",
  group,
  summary: "try the place where state is kept: reach it, open it, lock, write, read back, remove",
  description:
    "Tries everything a run needs of its state, and leaves nothing behind. For a bucket it also finds out whether the service refuses writes whose condition is not met, without which two runs would undo each other's work.",
  flags: stateFlags,
  examples: [["certwright state check --state s3://acme-state/prod", "with AWS_... and CERTWRIGHT_STATE_KEY set"]],
  load: () => import("../commands/state-check.ts"),
};

const resealDeclaration: Declaration<typeof stateFlags> = {
  name: "reseal",
  group,
  summary: "encrypt anew, with the current key, what a former key encrypted",
  description: "May run while others work on the state, and may be stopped and begun again.",
  flags: stateFlags,
  load: () => import("../commands/state-reseal.ts"),
};

const copyDeclaration: Declaration<typeof stateFlags> = {
  name: "copy",
  group,
  summary: "copy all state to an empty place, such as from a disk to a bucket",
  description:
    "Copies from the state in use to another place, which must be empty; a bucket is reached by the AWS_... variables, its key is CERTWRIGHT_STATE_KEY. Nothing else may run on either meanwhile.",
  args: [{ usage: "<to>", description: "a directory, or s3://bucket/prefix" }],
  flags: stateFlags,
  examples: [["certwright state copy s3://acme-state/prod --state /var/lib/certwright", "to leave a disk behind"]],
  load: () => import("../commands/state-copy.ts"),
};

export const stateDeclaration: Declaration = {
  name: "state",
  group,
  summary: "where accounts and certificates are kept: try it, its key, copy it",
  flags: {},
  commands: [checkDeclaration, keyDeclaration, resealDeclaration, copyDeclaration],
};
