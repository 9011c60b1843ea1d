import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { declarations } from "./declarations/index.ts";
import { readCommandLine } from "./program.ts";
import { testContext } from "./testing/fake-context.ts";

/* Every command line a person is shown, in the documentation or by the program itself, is one the program takes. */

const root = resolve(import.meta.dirname, "../../..");

describe("a command line shown", () => {
  it("in the documentation is one that parses", async () => {
    const shown = await shownIn(await pages(), inMarkdown);
    expect(shown.length).toBeGreaterThan(100);
    expect(shown.flatMap(faultOf)).toEqual([]);
  });

  it("in help, a hint or a message is one that parses", async () => {
    const sources = (await files("packages", ".ts")).filter((file) => !/node_modules|dist|\.test\.ts$/.test(file));
    const shown = await shownIn(sources, inSource);
    expect(shown.length).toBeGreaterThan(80);
    expect(shown.flatMap(faultOf)).toEqual([]);
  });
});

/** A command line, and the first place it was found at. */
type Shown = readonly [line: string, where: string];

/** Lines of shell blocks, continued ones joined, and what stands in backticks. */
function inMarkdown(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```(?:sh|shell|bash)\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  const lines = blocks.flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
  const spans = text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g);
  const shown = [...lines, ...[...spans].map(([, span = ""]) => span)];
  return shown.flatMap((line) => {
    const found =
      /^\s*(?:\$ )?(?:sudo )?(?:certwright|npm run -s certwright --|npx --yes certwright@\S+) ([^<].*)$/.exec(line);
    return found?.[1] === undefined ? [] : [found[1]];
  });
}

/** What follows the program's name in a text, where a command follows: up to whatever ends a command line in prose. */
function inSource(text: string): readonly string[] {
  const names = declarations.flatMap(({ name, aliases = [] }) => [name, ...aliases]).join("|");
  const shown = new RegExp(
    `(?<![\\w/@-])certwright ((?:${names})(?![\\w-])(?! for \\w+; )(?:\\$\\{[^}]*\\}|[^"\`)(;,\\\\]|,(?=\\S))*)`,
    "g",
  );
  return [...text.matchAll(shown)].map(([, line = ""]) => line.replace(/[.:] .*$|[.:]$/, ""));
}

/** What the program has against a command line; nothing where it takes it. */
function faultOf([line, where]: Shown): readonly string[] {
  try {
    readCommandLine(wordsOf(line), testContext(), "0.0.0");
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // "See `certwright account import`" names a command without what it takes.
    return message.startsWith("missing required argument") && !line.includes("--")
      ? []
      : [`${where}: ${line}: ${message}`];
  }
}

/** Words as a shell makes them, with something in the place of what a person has to fill in. */
function wordsOf(line: string): readonly string[] {
  const command = line.replace(/\s(?:\||2?>|#|&&) ?.*$/, "").replaceAll(/\$\{[^}]*\}|<[a-z][^<>]*>/g, "X");
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ""));
}

async function shownIn(paths: readonly string[], find: (text: string) => readonly string[]): Promise<readonly Shown[]> {
  const found = new Map<string, string>();
  for (const path of paths) {
    for (const line of find(await readFile(join(root, path), "utf8"))) found.set(line, found.get(line) ?? path);
  }
  return [...found];
}

/** All that is written by hand; the reference derives from the declarations. */
async function pages(): Promise<readonly string[]> {
  const readmes = [...(await files("packages", "README.md")), ...(await files("providers", "README.md"))];
  const guides = (await files("docs", ".md")).filter((file) => !file.startsWith("docs/reference/"));
  return ["README.md", ...guides, ...readmes.filter((file) => !file.includes("node_modules"))];
}

async function files(folder: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
}
