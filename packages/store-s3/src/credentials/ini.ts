/** One section: its values, and the lines that are none. */
export interface IniSection {
  readonly values: Readonly<Record<string, string>>;
  /** Number of the first line that cannot be read. */
  readonly unreadable: number | undefined;
}

/**
 * A section of a file of `[name]` and `key = value` lines; undefined where there is none of these names. Of several of one
 * name the last value counts. Lines that begin with a blank belong to the value before them, and are none we need.
 */
export function iniSection(text: string, isWanted: (name: string) => boolean): IniSection | undefined {
  const values: Record<string, string> = {};
  let unreadable: number | undefined;
  let inside = false;
  let found = false;
  text.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(?:[#;]|$)/.test(line)) return;
    const [, name] = /^\[\s*([^\]]+?)\s*\]\s*(?:[#;].*)?$/.exec(line) ?? [];
    if (name !== undefined) {
      inside = isWanted(name);
      found ||= inside;
      return;
    }
    if (!inside || /^\s/.test(line)) return;
    const [, key, value = ""] = /^([A-Za-z][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) unreadable ??= index + 1;
    else values[key.toLowerCase()] = value;
  });
  return found ? { values, unreadable } : undefined;
}
