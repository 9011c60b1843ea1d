/**
 * True when two texts are the same name: APIs answer names in any case, with or without the root's dot, and in
 * U-labels where A-labels were sent. Both relative or both whole; `@` and an empty text are the same relative name.
 */
export function sameName(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  const bare = name.trim().toLowerCase().replace(/\.$/, "");
  if (bare === "@") return "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: anything beyond ASCII
  return /[^\u0000-\u007f]/.test(bare) ? bare.split(".").map(asciiLabel).join(".") : bare;
}

/** The A-label; `URL` applies UTS 46 as registries do (and fails on what is no label, which then equals only itself). */
function asciiLabel(label: string): string {
  const url = `http://${label}`;
  return URL.canParse(url) ? new URL(url).hostname : label;
}
