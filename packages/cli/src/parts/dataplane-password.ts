import type { Emit, SecretRef } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { type DataplaneNode, type FindPassword, HaproxyError } from "@certwright/haproxy";
import type { CliContext } from "../context.ts";
import type { Secrets } from "../reporter/secrets.ts";
import { readSecret } from "../secret-ref.ts";

/** The variable that holds the password of users of Data Plane APIs where nothing else does; also with `_FILE`. */
const variable = "CERTWRIGHT_DATAPLANE_PASSWORD";

/** What finding passwords needs. */
export interface PasswordSurroundings {
  readonly context: CliContext;
  readonly secrets: Secrets;
  readonly emit: Emit;
  readonly config: Config | undefined;
}

/** Finds passwords of users of Data Plane APIs, each once. */
export function createPasswordFinder({ context, secrets, emit, config }: PasswordSurroundings): FindPassword {
  const found = new Map<string, Promise<string>>();
  return (node) => {
    const ref = refOf(node, config, context.env);
    const key = JSON.stringify(ref);
    const known = found.get(key) ?? readSecret(ref, context, secrets, emit);
    found.set(key, known);
    known.catch(() => found.delete(key));
    return known;
  };
}

/** @throws HaproxyError `HAPROXY_API_PASSWORD` */
function refOf({ id, password }: DataplaneNode, config: Config | undefined, env: CliContext["env"]): SecretRef {
  if (password !== undefined && !("config" in password)) return password;
  if (password !== undefined) {
    const { targets = {}, fleets = {} } = config?.settings ?? {};
    const target = targets[password.config];
    const access = target && "dataplane" in target ? target.dataplane : fleets[password.config]?.dataplane;
    if (access?.password) return access.password;
    throw missing(id, `only the configuration knows how it is found (${password.config})`, "Name it with --config.");
  }
  if ((env[variable] ?? "") !== "") return { env: variable };
  const file = env[`${variable}_FILE`] ?? "";
  if (file !== "") return { file };
  throw missing(id, "nothing says where it is", `Set ${variable} or ${variable}_FILE, or say it in the configuration.`);
}

function missing(node: string, why: string, hint: string): HaproxyError {
  return new HaproxyError("HAPROXY_API_PASSWORD", `The password of ${node} is not known: ${why}.`, { node, hint });
}
