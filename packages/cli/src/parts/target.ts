import type { DeployTarget } from "@certwright/core";
import { exportTarget } from "@certwright/export";
import { dataplaneTarget, haproxyTarget } from "@certwright/haproxy";
import { cliError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";
import type { NodeSecrets } from "./node-secrets.ts";

const kinds = ["haproxy", "dataplane", "export"];

/**
 * The target a person wrote: `haproxy:` and the address of a node, `dataplane:` and the URL of an API, or `export:` and a path.
 *
 * @throws CertwrightError `CLI_TARGET_UNKNOWN`, `EXPORT_ADDRESS`, `HAPROXY_NODE_ADDRESS`, `HAPROXY_PLAINTEXT_REFUSED`
 */
export function openTarget(id: string, { connect, password, key, exported }: NodeSecrets): DeployTarget {
  const [, kind] = /^([a-z0-9-]+):/.exec(id) ?? [];
  if (kind === "haproxy") return haproxyTarget(id, { connect });
  if (kind === "dataplane") return dataplaneTarget(id, { password, key });
  if (kind === "export") return exportTarget(id, exported);
  const meant = kind === undefined ? undefined : didYouMean(kind, kinds);
  throw cliError("CLI_TARGET_UNKNOWN", `${JSON.stringify(id)} is no deploy target`, {
    hint: `${meant ?? "Targets begin with their kind."} Write haproxy:/run/haproxy/admin.sock, dataplane:https://user@host:5555 or export:/path/of/file.pem.`,
  });
}
