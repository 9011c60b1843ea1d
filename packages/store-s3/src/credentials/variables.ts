import { StoreError } from "@certwright/core/store";
import type { CredentialWorld } from "./credentials.ts";

/** Bytes a token may have. */
const largestToken = 16 * 1024;

/** A variable; undefined where it is unset or blank. */
export function variable({ env }: Pick<CredentialWorld, "env">, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

/**
 * A token: what is in the file that `NAME_FILE` names, read anew each time since those are changed under way, else the
 * variable's own value; undefined where neither is set.
 *
 * @throws StoreError `STORE_OPTIONS`
 */
export async function readToken(world: CredentialWorld, name: string): Promise<string | undefined> {
  const path = variable(world, `${name}_FILE`);
  return path === undefined ? checkToken(world, variable(world, name), name) : await readTokenFile(world, path);
}

/** The token in a file. @throws StoreError `STORE_OPTIONS` */
export async function readTokenFile(world: CredentialWorld, path: string): Promise<string> {
  const file = await world.readFile(path, largestToken);
  const text = file === undefined ? undefined : Buffer.from(file.bytes).toString("utf8").trim();
  const token = checkToken(world, text, path);
  if (token !== undefined) return token;
  throw new StoreError("STORE_OPTIONS", `there is no token in ${path}`, {
    hint: "It is to prove who asks for credentials: look what should have written it.",
  });
}

function checkToken({ secret }: CredentialWorld, text: string | undefined, where: string): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length <= largestToken && /^[\x20-\x7e]+$/.test(text)) {
    secret(text);
    return text;
  }
  throw new StoreError("STORE_OPTIONS", `what is in ${where} is no token`, {
    hint: "A token is one line of ASCII of 16 KiB at most.",
  });
}
