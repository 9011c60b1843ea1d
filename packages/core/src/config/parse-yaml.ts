import { LineCounter, parseDocument } from "yaml";
import type { ConfigFault } from "./config-error.ts";
import type { Located, Position } from "./located.ts";
import { buildTree } from "./yaml-tree.ts";
import { syntaxFault } from "./yaml-words.ts";

/** Largest file, in bytes: some forty thousand certificates. */
export const largestConfig = 4 * 1024 * 1024;

/** What a text holds, as far as it can be read. */
export interface ParsedYaml {
  /** Undefined where nothing can be read. */
  readonly root: Located | undefined;
  readonly faults: readonly ConfigFault[];
  /** Where the syntax first went wrong: what is read after it may not be what was meant. */
  readonly brokenAt: Position | undefined;
}

const start: Position = { line: 1, column: 1 };

/** Reads YAML 1.2 to values with their places. No tags, no merge keys, one document, bounded in size, depth and aliases. */
export function parseYaml(source: string | Uint8Array): ParsedYaml {
  const size = typeof source === "string" ? Buffer.byteLength(source) : source.length;
  if (size > largestConfig) {
    const limit = `${largestConfig / 1024 / 1024} MiB`;
    return unreadable(`is larger than ${limit}`, "Split it, and run certwright once for each part.");
  }
  const text = decode(source);
  if (text === undefined) return unreadable("is not UTF-8 text", "Save it as UTF-8.");
  const lines = new LineCounter();
  const document = parse(text, lines);
  if (document === undefined) {
    return unreadable("cannot be read as YAML", "Look for brackets and quotes that are not closed.");
  }
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = document.errors
    .map(({ code, pos }) => syntaxFault(code, at(pos[0])))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  const { root, faults } = buildTree(document.contents, at);
  const { explicit, version } = document.directives?.yaml ?? {};
  const directive: readonly ConfigFault[] =
    explicit === true && version !== "1.2"
      ? [{ ...start, path: "", problem: "another version of YAML is asked for", hint: "Leave the %YAML line out." }]
      : [];
  // One mistake makes the parser stumble several times; the first on a line tells the most.
  const firsts = syntax.filter(({ line }, index) => syntax[index - 1]?.line !== line);
  return { root, brokenAt: syntax[0], faults: [...firsts, ...directive, ...faults] };
}

function parse(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
  try {
    // Duplicate keys are told by us: the library compares each key with each other one.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, stringKeys: true });
  } catch {
    return undefined;
  }
}

function decode(source: string | Uint8Array): string | undefined {
  if (typeof source === "string") return source.isWellFormed() ? source : undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source);
  } catch {
    return undefined;
  }
}

function unreadable(problem: string, hint: string): ParsedYaml {
  return { root: undefined, brokenAt: start, faults: [{ ...start, path: "", problem: `the file ${problem}`, hint }] };
}
