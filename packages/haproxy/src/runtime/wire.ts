import { HaproxyError } from "../errors.ts";

/* How a request looks on the wire (HAProxy management guide, section 9.3). */

/** Whether there is a way to write a word in a command. */
export function canBeSent(word: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must never reach a command line
  return word !== "" && !/[\u0000-\u001f\u007f]/.test(word) && !word.includes("<<");
}

/** Escapes a word of a command. HAProxy knows no quotes, only the backslash. */
export function escapeWord(word: string): string {
  if (!canBeSent(word)) {
    throw new HaproxyError("HAPROXY_UNSAFE_NAME", `${JSON.stringify(word)} cannot be sent to HAProxy as a name.`, {
      hint: "Use a name without control characters and without <<.",
    });
  }
  return word.replace(/[\\ ;]/g, "\\$&");
}

/** For `show ssl cert`, where a leading star means the open transaction and a leading backslash takes that away. */
export function escapeShownName(name: string): string {
  return name.startsWith("*") ? `\\\\${escapeWord(name)}` : escapeWord(name);
}

/**
 * A whole request: a command, or a command with a payload that ends at the first empty line, which is the only form
 * all versions understand. After an empty line inside the payload HAProxy would read the rest as commands.
 */
export function frameRequest(command: string, payload?: string): string {
  if (payload === undefined) return `${command}\n`;
  if (/^\s*$/.test(payload) || /\r|\n\n|^\n/.test(payload)) throw new TypeError("A payload has no empty lines.");
  return `${command} <<\n${payload.replace(/\n$/, "")}\n\n`;
}
