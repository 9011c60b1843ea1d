import type { Finding } from "@certwright/core";
import { type ConfigLine, wordsAfter } from "../config/lines.ts";
import { waysIn } from "./check-sockets.ts";
import { finding } from "./finding.ts";

/* What the text of a configuration says of certificates that are served. Pure. */

/**
 * Judges the bind lines, and the buffer certificates are pushed through.
 *
 * @param directories paths known to be directories of certificates, also without a slash at their end
 */
export function checkBinds(
  lines: readonly ConfigLine[],
  directories: ReadonlySet<string> = new Set(),
): readonly Finding[] {
  const binds = lines.filter(({ section, words }) => words[0] === "bind" && /^(?:frontend|listen)\b/.test(section));
  const used = new Map<string, number>();
  for (const { section, words } of lines) {
    if (words[0] === "ssl-f-use") used.set(section, (used.get(section) ?? 0) + 1);
  }
  const isStrict = lines.some(({ words: [first, ...rest] }) => {
    return first === "ssl-default-bind-options" && rest.includes("strict-sni");
  });
  return [
    ...checkTls(lines, binds),
    ...binds.flatMap((line) => checkStrictness(line, { directories, used: used.get(line.section) ?? 0, isStrict })),
    ...lines.flatMap(checkBuffer),
  ];
}

/** Without TLS there is nothing to deploy to, and everything else looks well. */
function checkTls(lines: readonly ConfigLine[], binds: readonly ConfigLine[]): readonly Finding[] {
  const ways = new Set(waysIn(lines));
  const inTheClear = binds.filter(({ words }) => !words.includes("ssl") && words.includes("crt"));
  const findings = inTheClear.map(({ place, section }) =>
    noTls(
      place,
      `This bind line of ${section} says crt without ssl: HAProxy accepts that and speaks in the clear.`,
      'Write "ssl" before "crt", and restart HAProxy.',
    ),
  );
  if (findings.length > 0 || binds.some((line) => line.words.includes("ssl") && !ways.has(line))) return findings;
  const [first] = binds.filter((line) => !ways.has(line));
  return [
    noTls(
      first?.place ?? "frontend",
      ways.size === 0
        ? "No bind line says ssl, so HAProxy can serve no certificate."
        : "No bind line says ssl but those in front of the Runtime API, so HAProxy can serve no certificate.",
      `Add "bind :443 ssl crt /etc/haproxy/certs/ strict-sni" to ${first?.section ?? "a frontend"} and restart HAProxy; the directory may be empty at first.`,
    ),
  ];
}

/** What is told where no certificate can be served. */
export function noTls(subject: string, message: string, hint: string): Finding {
  return finding("error", "HAPROXY_CHECK_NO_TLS", subject, message, hint);
}

interface Surroundings {
  readonly directories: ReadonlySet<string>;
  /** How many certificates `ssl-f-use` gives to all bind lines of the section. */
  readonly used: number;
  /** Whether strictness is the default. */
  readonly isStrict: boolean;
}

function checkStrictness(line: ConfigLine, { directories, used, isStrict }: Surroundings): readonly Finding[] {
  const { words, place, section } = line;
  // Whoever has to show a certificate of his own is nobody to hide the others from.
  if (!words.includes("ssl") || wordsAfter(line, "verify").includes("required")) return [];
  if (words.includes("strict-sni") || (isStrict && !words.includes("no-strict-sni"))) return [];
  const paths = [...wordsAfter(line, "crt"), ...wordsAfter(line, "default-crt")];
  const hasList = words.includes("crt-list") || paths.some((path) => path.endsWith("/") || directories.has(path));
  if (!hasList && paths.length + used < 2) return [];
  return [
    finding(
      "warning",
      "HAPROXY_CHECK_STRICT_SNI",
      place,
      `${section} answers a name it has no certificate for with its first one.`,
      'Add "strict-sni" to the bind line, if clients without server names need not be served.',
    ),
  ];
}

function checkBuffer({ words, place }: ConfigLine): readonly Finding[] {
  const [first, text = ""] = words;
  const size = Number.parseInt(text, 10) * (/k$/i.test(text) ? 1024 : /m$/i.test(text) ? 1024 ** 2 : 1);
  if (first !== "tune.bufsize" || !(size < 16_384)) return [];
  return [
    finding(
      "note",
      "HAPROXY_CHECK_BUFFER",
      place,
      `tune.bufsize ${text} limits a certificate with its key and chain to ${size - 200} bytes or so.`,
      'Leave it out, or set "tune.bufsize 32768" where certificates have many names or long chains.',
    ),
  ];
}
