/** What a shell would make something of, where it is not quoted. */
const forTheShell = /[|&;<>()$`\\*?[\]#~!{}%^]/;

/**
 * A command line as program and arguments, without a shell: words between blanks, `'...'` and `"..."` for words with blanks
 * in them. Undefined for one that only a shell understands: what it means must not be guessed.
 */
export function splitCommandLine(text: string): readonly [string, ...string[]] | undefined {
  const words: string[] = [];
  const word = /\s*(?:"([^"\\$`]*)"|'([^']*)'|([^\s"']+))(?=\s|$)/y;
  while (word.lastIndex < text.trimEnd().length) {
    const [, double, single, bare] = word.exec(text) ?? [];
    const found = double ?? single ?? bare;
    if (found === undefined || (bare !== undefined && forTheShell.test(bare))) return undefined;
    words.push(found);
  }
  const [program = "", ...rest] = words;
  return program === "" ? undefined : [program, ...rest];
}
