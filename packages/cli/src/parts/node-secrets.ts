import type { SecretRef } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import type { FindSecret } from "@certwright/export";
import {
  type Connect,
  createConnect,
  type DataplaneNode,
  type FindKey,
  type FindPassword,
  HaproxyError,
} from "@certwright/haproxy";
import type { Surroundings } from "../command.ts";
import type { CliContext } from "../context.ts";
import { cliError } from "../errors.ts";
import { createMemo } from "../memo.ts";
import { readSecret } from "../secret-ref.ts";

/** The variable that holds the password of users of Data Plane APIs where nothing else does; also with `_FILE`. */
const variable = "CERTWRIGHT_DATAPLANE_PASSWORD";

/** How nodes are reached whose addresses say where a secret is. */
export interface NodeSecrets {
  /** Passwords of users of Data Plane APIs. */
  readonly password: FindPassword;
  /** Keys of client certificates that are in no file. */
  readonly key: FindKey;
  /** With those keys. */
  readonly connect: Connect;
  /** Passwords of exported files. */
  readonly exported: FindSecret;
}

/** Milliseconds: many nodes have one secret, and a service outlives it. */
const secretAge = 60_000;

/** Finds secrets of nodes, each once a minute at most. */
export function createNodeSecrets(surroundings: Surroundings, config: Config | undefined): NodeSecrets {
  const found = createMemo<string>({ now: surroundings.context.now, longest: secretAge });
  const find = (ref: SecretRef) => found(JSON.stringify(ref), () => readSecret(ref, surroundings));
  const key: FindKey = async ({ id }, place) => await find("env" in place ? place : keyOf(id, place.config, config));
  return {
    password: async (node) => await find(passwordOf(node, config, surroundings.context.env)),
    key,
    connect: createConnect(key),
    exported: async (place) => await find("config" in place ? exportedOf(place.config, config) : place),
  };
}

/** @throws HaproxyError `HAPROXY_API_PASSWORD` */
function passwordOf({ id, password }: DataplaneNode, config: Config | undefined, env: CliContext["env"]): SecretRef {
  if (password !== undefined && !("config" in password)) return password;
  if (password !== undefined) {
    const access = dataplaneOf(password.config, config);
    if (access?.password) return access.password;
    throw missing(id, `only the configuration knows how it is found (${password.config})`, "Name it with --config.");
  }
  if ((env[variable] ?? "") !== "") return { env: variable };
  const file = env[`${variable}_FILE`] ?? "";
  if (file !== "") return { file };
  throw missing(id, "nothing says where it is", `Set ${variable} or ${variable}_FILE, or say it in the configuration.`);
}

/** @throws HaproxyError `HAPROXY_TLS` */
function keyOf(id: string, label: string, config: Config | undefined): SecretRef {
  const { targets = {}, fleets = {} } = config?.settings ?? {};
  const target = targets[label];
  const tls = target && "haproxy" in target ? target.tls : fleets[label]?.tls;
  const key = id.startsWith("dataplane:") ? dataplaneOf(label, config)?.key : tls?.key;
  if (typeof key === "object") return key;
  throw new HaproxyError(
    "HAPROXY_TLS",
    `Only the configuration knows how the client key for ${id} is found (${label}).`,
    {
      node: id,
      hint: "Name it with --config.",
    },
  );
}

/** @throws CertwrightError `CLI_TARGET_UNKNOWN` */
function exportedOf(label: string, config: Config | undefined): SecretRef {
  const target = config?.settings.targets[label];
  if (target && "export" in target && target.password) return target.password;
  throw cliError("CLI_TARGET_UNKNOWN", `only the configuration knows how the password of ${label} is found`, {
    hint: "Name it with --config.",
  });
}

function dataplaneOf(label: string, config: Config | undefined) {
  const { targets = {}, fleets = {} } = config?.settings ?? {};
  const target = targets[label];
  return target && "dataplane" in target ? target.dataplane : fleets[label]?.dataplane;
}

function missing(node: string, why: string, hint: string): HaproxyError {
  return new HaproxyError("HAPROXY_API_PASSWORD", `The password of ${node} is not known: ${why}.`, { node, hint });
}
