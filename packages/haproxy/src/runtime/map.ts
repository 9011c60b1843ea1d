import { excerpt, HaproxyError } from "../errors.ts";
import { parseRefusal, unexpected } from "./answers.ts";
import type { Session } from "./session.ts";
import { escapeWord } from "./wire.ts";

/* Entries of a map file or a virtual map, at run time. */

/**
 * Adds an entry to a map. The same key twice would be two entries, so an older one goes first.
 *
 * @throws HaproxyError `HAPROXY_MAP_UNKNOWN`, `HAPROXY_LEVEL`
 */
export async function addMapEntry(session: Session, map: string, key: string, value: string): Promise<void> {
  await deleteMapEntry(session, map, key);
  const command = `add map ${escapeWord(map)} ${escapeWord(key)} ${escapeWord(value)}`;
  check(await session.send(command, { emptyAllowed: true }), "add map", map, session);
}

/** Deletes every entry with this key; none is fine, nor need there be such a map. @throws HaproxyError `HAPROXY_LEVEL` */
export async function deleteMapEntry(session: Session, map: string, key: string): Promise<void> {
  const text = await session.send(`del map ${escapeWord(map)} ${escapeWord(key)}`, { emptyAllowed: true });
  if (text.startsWith("Key not found") || isUnknownMap(text)) return;
  check(text, "del map", map, session);
}

function check(text: string, command: string, map: string, { node }: Session): void {
  if (text === "") return;
  if (parseRefusal(text)?.kind === "denied") {
    throw new HaproxyError("HAPROXY_LEVEL", `The socket ${node.id} does not allow "${command}".`, {
      node: node.id,
      hint: "Give the socket `level admin` in HAProxy's configuration.",
    });
  }
  if (isUnknownMap(text)) {
    throw new HaproxyError("HAPROXY_MAP_UNKNOWN", `HAProxy at ${node.id} uses no map ${excerpt(map)}.`, {
      node: node.id,
      hint: "Add the rule that reads this map to HAProxy's configuration, and reload it once.",
    });
  }
  throw unexpected(command, text);
}

function isUnknownMap(text: string): boolean {
  return text.startsWith("Unknown map identifier") || text.startsWith("Unknown acl identifier");
}
