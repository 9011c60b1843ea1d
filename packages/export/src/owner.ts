import { readFile } from "node:fs/promises";
import { exportError } from "./errors.ts";

/** Whom a file is given to, by name or number. */
export interface OwnerName {
  readonly user?: string;
  readonly group?: string;
}

/** The same in numbers; what is left out stays as it is. */
export interface OwnerIds {
  readonly uid?: number;
  readonly gid?: number;
}

const name = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,99}\$?$/;

/** Reads `user`, `user:group` or `:group`; undefined for anything else. */
export function parseOwner(text: string): OwnerName | undefined {
  const [user = "", group, ...rest] = text.split(":");
  const isBad = rest.length > 0 || (user === "" && group === undefined) || group === "";
  if (isBad || [user, group].some((part) => part !== undefined && part !== "" && !name.test(part))) return undefined;
  return { ...(user === "" ? {} : { user }), ...(group === undefined ? {} : { group }) };
}

/**
 * The numbers of an owner, by this machine's list of users.
 *
 * @throws CertwrightError `EXPORT_OWNER`
 */
export async function findOwner({ user, group }: OwnerName): Promise<OwnerIds> {
  const uid = user === undefined ? undefined : await idOf("user", user);
  const gid = group === undefined ? undefined : await idOf("group", group);
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

async function idOf(kind: "user" | "group", wanted: string): Promise<number> {
  if (/^\d{1,10}$/.test(wanted)) return Number(wanted);
  const file = kind === "user" ? "/etc/passwd" : "/etc/group";
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  const found = lines.map((line) => line.split(":")).find(([first]) => first === wanted)?.[2];
  if (found !== undefined && /^\d{1,10}$/.test(found)) return Number(found);
  const command = kind === "user" ? `id -u ${wanted}` : `getent group ${wanted}`;
  throw exportError("EXPORT_OWNER", `${file} has no ${kind} called ${wanted}`, {
    hint: `Correct the name. Where it comes from a directory service, give its number, which ${command} shows.`,
  });
}
