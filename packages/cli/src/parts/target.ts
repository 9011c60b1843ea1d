import type { DeployTarget } from "@certwright/core";
import { haproxyTarget } from "@certwright/haproxy";
import { cliError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";

const kinds = ["haproxy"];

/**
 * The target a person wrote: `haproxy:` and the address of a node.
 *
 * @throws CertwrightError `CLI_TARGET_UNKNOWN`, `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export function openTarget(id: string): DeployTarget {
  const [, kind] = /^([a-z0-9-]+):/.exec(id) ?? [];
  if (kind === "haproxy") return haproxyTarget(id);
  const meant = kind === undefined ? undefined : didYouMean(kind, kinds);
  throw cliError("CLI_TARGET_UNKNOWN", `${JSON.stringify(id)} is no deploy target`, {
    hint: `${meant ?? "Targets begin with their kind."} Write haproxy:/run/haproxy/admin.sock.`,
  });
}
