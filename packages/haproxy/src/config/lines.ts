import { type ConditionFacts, holds } from "./conditions.ts";
import { configWords } from "./words.ts";

/** One line of a configuration, with the section it stands in. The line that begins a section stands in it. */
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

/** What reading a configuration needs besides its text. */
export interface LineOptions {
  /** First words of the lines wanted; the rest is passed over, whatever it may be. */
  readonly wanted: ReadonlySet<string>;
  /** Variables the configuration may use. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether those are HAProxy's own. Default: no. */
  readonly isOwnEnv?: boolean;
  /** Of the running HAProxy, where that is known. */
  readonly version?: string;
  /** Told of each line that cannot be read, which is then left out. */
  readonly onUnreadable: (place: string, error: unknown) => void;
}

// Enough sections to know where one ends; an unknown one is taken for a line of that before it.
const sectionWords: ReadonlySet<string> = new Set([
  ...["global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "mailers", "userlist", "program"],
  ...["cache", "http-errors", "ring", "log-forward", "log-profile", "fcgi-app", "crt-store", "acme", "traces"],
]);

/**
 * Reads configuration files as HAProxy does, one after the other. A conditional block (`.if`) is left out where its
 * condition is known not to hold; where nobody can tell from here it is read as if it did.
 */
export function readConfigLines(files: readonly ConfigText[], options: LineOptions): readonly ConfigLine[] {
  const { wanted, env, isOwnEnv = false, version, onUnreadable } = options;
  const values = new Map(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const variables = { values, areAll: isOwnEnv };
  const facts = { variables, ...(version === undefined ? {} : { version }) };
  const lines: ConfigLine[] = [];
  for (const { file, text } of files) {
    let section = "";
    const blocks: Block[] = [];
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const place = `${file}:${index + 1}`;
      const [first = ""] = line.trim().split(/\s/, 1);
      try {
        if (first.startsWith(".")) {
          step(blocks, first, () => conditionOf(line, facts));
          continue;
        }
        const isSection = sectionWords.has(first);
        const isWanted = isSection || wanted.has(first) || variableWords.has(first);
        if (!isWanted || !blocks.every(({ isRead }) => isRead)) continue;
        const words = configWords(line, variables);
        if (isSection) section = words.slice(0, 2).join(" ");
        if (variableWords.has(first)) setVariables(values, words);
        else lines.push({ place, section, words });
      } catch (error) {
        onUnreadable(place, error);
      }
    }
  }
  return lines;
}

/** A conditional block that is open. */
interface Block {
  /** Whether the branch it is in now is read. */
  isRead: boolean;
  /** Whether none of the branches still to come is. */
  isOver: boolean;
}

function step(blocks: Block[], word: string, condition: () => boolean | undefined): void {
  if (word === ".if") {
    const isOutside = !blocks.every(({ isRead }) => isRead);
    const block = { isRead: true, isOver: isOutside };
    blocks.push(block);
    branch(block, condition);
  } else if (word === ".endif") blocks.pop();
  else if (word === ".elif" || word === ".else") {
    const block = blocks.at(-1);
    if (block !== undefined) branch(block, word === ".else" ? () => true : condition);
  }
}

function conditionOf(line: string, facts: ConditionFacts): boolean | undefined {
  try {
    return holds(configWords(line, facts.variables).slice(1).join(" "), facts);
  } catch {
    // With a variable nobody knows here.
    return undefined;
  }
}

function branch(block: Block, condition: () => boolean | undefined): void {
  block.isRead = !block.isOver;
  if (block.isOver) return;
  const value = condition();
  block.isRead = value !== false;
  block.isOver = value === true;
}

const variableWords: ReadonlySet<string> = new Set(["setenv", "presetenv", "unsetenv", "resetenv"]);

/** What the global section does to variables is in force from the next line. */
function setVariables(values: Map<string, string>, [word, ...names]: readonly string[]): void {
  const [name = "", value = ""] = names;
  if (word === "setenv" || (word === "presetenv" && !values.has(name))) values.set(name, value);
  if (word === "unsetenv") for (const each of names) values.delete(each);
  if (word === "resetenv") for (const each of [...values.keys()]) if (!names.includes(each)) values.delete(each);
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
