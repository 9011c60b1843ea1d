import { HaproxyError } from "../errors.ts";

/** A certificate to attach to a list, with what HAProxy allows beside it. */
export interface ListLine {
  /** Name of the certificate in HAProxy. */
  readonly certificate: string;
  /** For example `alpn h2 ssl-min-ver TLSv1.2`, without brackets. */
  readonly options?: string;
  /** Names to serve it for instead of those inside the certificate; `!name` excludes one. */
  readonly filters?: readonly string[];
}

/**
 * A line of a crt-list as HAProxy reads it from a file and as a payload.
 *
 * @throws HaproxyError HAPROXY_UNSAFE_NAME
 */
export function formatListLine({ certificate, options = "", filters = [] }: ListLine): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these would end the line or the word
  const unsafe = [certificate, ...filters].find((word) => /[\s\u0000-\u001f\u007f"'\\[\]#]/.test(word) || word === "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  if (unsafe !== undefined || /[\u0000-\u001f\u007f[\]]/.test(options)) {
    throw new HaproxyError(
      "HAPROXY_UNSAFE_NAME",
      `${JSON.stringify(unsafe ?? options)} cannot stand in a line of a crt-list.`,
      { certificate, hint: "Names there have no spaces, quotes, brackets or backslashes; options have no brackets." },
    );
  }
  return [certificate, ...(options.trim() === "" ? [] : [`[${options.trim()}]`]), ...filters].join(" ");
}

/** The payload for adding a line at run time; undefined where the certificate's name alone says it all. */
export function linePayload(line: ListLine): string | undefined {
  const isBare = !line.options?.trim() && (line.filters ?? []).length === 0;
  return isBare ? undefined : formatListLine(line);
}

/** The text of a crt-list file with the line in it: unchanged where it is there, else with the line at the end. */
export function addListLine(text: string, line: ListLine): string {
  const wanted = formatListLine(line);
  if (text.split("\n").some((present) => words(present) === wanted)) return text;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${wanted}\n`;
}

/** The text of a crt-list file without the line: unchanged where it is not there. */
export function removeListLine(text: string, line: ListLine): string {
  const unwanted = formatListLine(line);
  const lines = text.split("\n");
  const at = lines.findLastIndex((present) => words(present) === unwanted);
  return at < 0 ? text : lines.toSpliced(at, 1).join("\n");
}

function words(line: string): string {
  return line.trim().split(/\s+/).join(" ");
}
