import { messageOf } from "@certwright/provider";
import { configWords } from "../agent/config-words.ts";

/** One line of a configuration, with the section it stands in. */
export interface ConfigLine {
  /** `file:line`, as HAProxy's own messages have it. */
  readonly place: string;
  /** `global`, `frontend web`. */
  readonly section: string;
  readonly words: readonly string[];
}

/** A configuration file. */
export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

// Enough sections to know where one ends; an unknown one is taken for a line of that before it.
const sectionWords: ReadonlySet<string> = new Set([
  ...["global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "mailers", "userlist", "program"],
  ...["cache", "http-errors", "ring", "log-forward", "log-profile", "fcgi-app", "crt-store", "acme", "traces"],
]);

/** The lines that concern certificates and the Runtime API; the rest is passed over, whatever it may be. */
const wanted: ReadonlySet<string> = new Set([
  ...["stats", "bind", "server", "default-server", "ssl-f-use", "load", "crt-base", "key-base", "account-key"],
  ...["tune.bufsize", "ssl-default-bind-options"],
]);

/**
 * Reads configuration files as HAProxy does, one after the other. Conditional blocks (`.if`) are read as if all held.
 *
 * @param env variables the configuration may use
 * @param onUnreadable told of each line that cannot be read, which is then left out
 */
export function readConfigLines(
  files: readonly ConfigText[],
  env: Readonly<Record<string, string | undefined>>,
  onUnreadable: (place: string, why: string) => void,
): readonly ConfigLine[] {
  const lines: ConfigLine[] = [];
  for (const { file, text } of files) {
    let section = "";
    for (const [place, line] of logicalLines(file, text)) {
      const [first = ""] = line.trim().split(/\s/, 1);
      if (!sectionWords.has(first) && !wanted.has(first) && first !== "no") continue;
      try {
        const words = configWords(line, env);
        if (sectionWords.has(first)) section = words.slice(0, 2).join(" ");
        else lines.push({ place, section, words });
      } catch (error) {
        onUnreadable(place, messageOf(error));
      }
    }
  }
  return lines;
}

function* logicalLines(file: string, text: string): Iterable<readonly [place: string, line: string]> {
  let start = 0;
  let joined = "";
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (joined === "") start = index + 1;
    joined += line.replace(/\\$/, " ");
    if (line.endsWith("\\")) continue;
    yield [`${file}:${start}`, joined];
    joined = "";
  }
}

/** The value after a keyword of a line: `level` of `stats socket /x level admin`; undefined where it is not there. */
export function wordAfter({ words }: Pick<ConfigLine, "words">, keyword: string): string | undefined {
  const at = words.indexOf(keyword);
  return at < 0 ? undefined : words[at + 1];
}

/** The values after every occurrence of a keyword. */
export function wordsAfter({ words }: Pick<ConfigLine, "words">, keyword: string): readonly string[] {
  return words.flatMap((word, index) => (word === keyword ? (words[index + 1] ?? []) : []));
}
