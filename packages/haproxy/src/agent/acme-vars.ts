/**
 * Reads `acme-vars` of an `acme` section: `name=value` pairs with commas between them. A value may stand in `"`, and `\`
 * takes the character after it as it is.
 *
 * @returns undefined where it is not written so
 */
export function parseAcmeVars(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  const pair = /\s*([A-Za-z_][\w-]*)\s*=((?:"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^",\\])*)(,|$)/y;
  if (text.trim() === "") return found;
  for (;;) {
    const at = pair.lastIndex;
    const [whole, name, value, end] = pair.exec(text) ?? [];
    if (whole === undefined || name === undefined || value === undefined || pair.lastIndex === at) return undefined;
    found.set(name, unescaped(value.trim()));
    if (end === "") return found;
  }
}

function unescaped(value: string): string {
  return value.replace(/\\([\s\S])|"/g, (_, escaped?: string) => escaped ?? "");
}
