import type { DeployTarget } from "@certwright/core";
import { exportTarget } from "@certwright/export";
import { haproxyTarget } from "@certwright/haproxy";
import { cliError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";

const kinds = ["haproxy", "export"];

/**
 * The target a person wrote: `haproxy:` and the address of a node, or `export:` and a path.
 *
 * @throws CertwrightError `CLI_TARGET_UNKNOWN`, `EXPORT_ADDRESS`, `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export function openTarget(id: string): DeployTarget {
  const [, kind] = /^([a-z0-9-]+):/.exec(id) ?? [];
  if (kind === "haproxy") return haproxyTarget(id);
  if (kind === "export") return exportTarget(id);
  const meant = kind === undefined ? undefined : didYouMean(kind, kinds);
  throw cliError("CLI_TARGET_UNKNOWN", `${JSON.stringify(id)} is no deploy target`, {
    hint: `${meant ?? "Targets begin with their kind."} Write haproxy:/run/haproxy/admin.sock or export:/path/of/file.pem.`,
  });
}
