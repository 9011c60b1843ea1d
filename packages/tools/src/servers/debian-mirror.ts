/** Names under which a Debian archive (not a security or third-party one) publishes a release. */
const suiteNames = new Set(
  "oldoldstable oldstable stable testing unstable sid buster bullseye bookworm trixie forky duke".split(" "),
);

/** A place in the host's apt configuration that publishes a Debian release. */
export interface DebianSource {
  readonly uri: string;
  /** Keyring named by the entry, when it is a file. */
  readonly signedBy?: string;
}

/**
 * Finds the Debian archive in the texts of apt's source files: the entry the host itself gets Debian from.
 * A third-party archive may use Debian's suite names too, so an address that ends in "debian" is preferred.
 *
 * @param files `.list` files hold one-line entries, `.sources` files hold deb822 paragraphs (sources.list(5)).
 */
export function findDebianSource(files: readonly { name: string; text: string }[]): DebianSource | undefined {
  const found = files.flatMap(({ name, text }) => (name.endsWith(".sources") ? paragraphs(text) : oneLiners(text)));
  return found.find(({ uri }) => /\/debian(\.list)?\/?$/.test(uri)) ?? found[0];
}

function oneLiners(text: string): DebianSource[] {
  return text.split("\n").flatMap((line) => {
    const entry = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (!entry) return [];
    const [, options = "", uri = "", suite = "", components = ""] = entry;
    return select([uri], [suite], components.split(/\s+/), /signed-by=(\S+)/.exec(options)?.[1]);
  });
}

function paragraphs(text: string): DebianSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n[ \t]*\n/).flatMap((paragraph) => {
    const fields = new Map<string, string>();
    for (const [, name = "", value = ""] of paragraph.matchAll(/^([\w-]+):((?:.*(?:\n[ \t].*)*))/gm)) {
      fields.set(name.toLowerCase(), value.trim());
    }
    const words = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
    if (!words("types").includes("deb") || fields.get("enabled") === "no") return [];
    return select(words("uris"), words("suites"), words("components"), fields.get("signed-by"));
  });
}

function select(uris: string[], suites: string[], components: string[], signedBy: string | undefined): DebianSource[] {
  if (!components.includes("main") || !suites.some((suite) => suiteNames.has(suite))) return [];
  return uris.map((uri) => ({ uri, ...(signedBy?.startsWith("/") && { signedBy }) }));
}
