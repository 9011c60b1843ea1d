import { isIP } from "node:net";
import type { Finding } from "@certwright/core";
import { type ConfigLine, wordAfter, wordsAfter } from "./config-lines.ts";
import { finding } from "./finding.ts";

/* What the text of a configuration says already. Pure. */

const overMtls =
  'Put a "listen" of mode tcp with "bind ... ssl crt ... ca-file ... verify required" in front of a unix stats socket, and give nodes as tls://host:port.';

/**
 * Judges the lines of a configuration.
 *
 * @param directories paths known to be directories of certificates, also without a slash at their end
 */
export function checkConfig(
  lines: readonly ConfigLine[],
  directories: ReadonlySet<string> = new Set(),
): readonly Finding[] {
  const sockets = lines.filter(({ words }) => words[0] === "stats" && words[1] === "socket");
  const used = new Map<string, number>();
  for (const { section, words } of lines) {
    if (words[0] === "ssl-f-use") used.set(section, (used.get(section) ?? 0) + 1);
  }
  const binds = lines.flatMap((line) => checkBind(line, directories, used.get(line.section) ?? 0));
  return [...checkSockets(sockets), ...checkWaysIn(lines, sockets), ...binds, ...checkSingles(lines)];
}

/** Sections that pass the network on to a stats socket: whoever they let in commands HAProxy. */
function checkWaysIn(lines: readonly ConfigLine[], sockets: readonly ConfigLine[]): readonly Finding[] {
  const paths = new Set(sockets.flatMap(({ words }) => pathOf(words[2] ?? "") ?? []));
  const leads = ({ words }: ConfigLine) => words[0] === "server" && paths.has(pathOf(words[2] ?? "") ?? "");
  const sections = new Set(lines.filter(leads).map(({ section }) => section));
  return lines.flatMap((line) => {
    const [first, address = ""] = line.words;
    if (first !== "bind" || !sections.has(line.section) || isPath(address)) return [];
    const asksClients = line.words.includes("ca-file") && wordAfter(line, "verify") === "required";
    if (line.words.includes("ssl") && asksClients) return [];
    if (!line.words.includes("ssl") && isLoopback(address)) return [];
    return [
      finding(
        "error",
        line.words.includes("ssl") ? "HAPROXY_CHECK_SOCKET_UNASKED" : "HAPROXY_CHECK_SOCKET_PLAINTEXT",
        line.place,
        `${line.section} leads to a stats socket and asks no client for a certificate: whoever reaches it commands HAProxy.`,
        'Write "ssl crt FILE ca-file FILE verify required" on the bind line.',
      ),
    ];
  });
}

function checkSockets(sockets: readonly ConfigLine[]): readonly Finding[] {
  const findings = sockets.flatMap(checkSocket);
  if (sockets.some((line) => wordAfter(line, "level") === "admin")) return findings;
  const none = finding(
    "error",
    "HAPROXY_CHECK_NO_ADMIN_SOCKET",
    sockets[0]?.place ?? "global",
    sockets.length === 0
      ? "The configuration has no stats socket."
      : "No stats socket has level admin; without a word its level is operator.",
    'Add "stats socket /run/haproxy/admin.sock mode 600 level admin" to the global section and restart HAProxy. Where only the master socket (-S) is used, this does not matter.',
  );
  return [...findings, none];
}

function checkSocket(line: ConfigLine): readonly Finding[] {
  const [, , address = ""] = line.words;
  const findings = checkListener(address, line.words, line.place, `"stats socket ${address}"`);
  const mode = wordAfter(line, "mode");
  const isOpen = mode === undefined ? false : (Number.parseInt(mode, 8) & 0o006) !== 0;
  if (isOpen && isPath(address) && wordAfter(line, "level") === "admin") {
    return [
      ...findings,
      finding(
        "warning",
        "HAPROXY_CHECK_SOCKET_OPEN",
        line.place,
        `Every user of the machine may give commands through ${address} (mode ${mode}).`,
        "Use mode 660 and a group, or mode 600.",
      ),
    ];
  }
  return findings;
}

/** What can be wrong with where a Runtime API listens, of `stats socket` and of `-S` alike. */
export function checkListener(
  address: string,
  words: readonly string[],
  place: string,
  what: string,
): readonly Finding[] {
  const findings: Finding[] = [];
  const hasSsl = words.includes("ssl");
  if (hasSsl) {
    findings.push(
      finding(
        "error",
        "HAPROXY_CHECK_SSL_IGNORED",
        place,
        `${what} says ssl, which HAProxy accepts and ignores: it speaks in the clear and asks nobody for a certificate.`,
        overMtls,
      ),
    );
  }
  if (!isPath(address) && !isLoopback(address)) {
    findings.push(
      finding(
        "error",
        "HAPROXY_CHECK_SOCKET_PLAINTEXT",
        place,
        `${what} lets whoever reaches it command HAProxy, in the clear.`,
        overMtls,
      ),
    );
  }
  return findings;
}

/** @param used how many certificates `ssl-f-use` gives to all bind lines of the section */
function checkBind(line: ConfigLine, directories: ReadonlySet<string>, used: number): readonly Finding[] {
  const { words, place, section } = line;
  if (words[0] !== "bind" || !words.includes("ssl") || words.includes("verify")) return [];
  const findings: Finding[] = [];
  const paths = wordsAfter(line, "crt");
  const hasList = words.includes("crt-list") || paths.some((path) => path.endsWith("/") || directories.has(path));
  if (!words.includes("strict-sni") && (hasList || paths.length + used > 1)) {
    findings.push(
      finding(
        "warning",
        "HAPROXY_CHECK_STRICT_SNI",
        place,
        `${section} answers a name it has no certificate for with its first one.`,
        'Add "strict-sni" to the bind line, if clients without server names need not be served.',
      ),
    );
  }
  return findings;
}

function checkSingles(lines: readonly ConfigLine[]): readonly Finding[] {
  return lines.flatMap(({ words, place }) => {
    const size = words[0] === "tune.bufsize" ? Number(words[1]) : undefined;
    if (size === undefined || size > 16_384) return [];
    return [
      finding(
        "note",
        "HAPROXY_CHECK_BUFFER",
        place,
        `tune.bufsize ${size} limits a certificate with its key and chain to ${size - 200} bytes or so.`,
        'Set "tune.bufsize 32768" where certificates have many names or long chains.',
      ),
    ];
  });
}

function isPath(address: string): boolean {
  return /^(?:unix@|abns@)?\//.test(address) || /^(?:unix|abns|sockpair|fd)@/.test(address);
}

/** The path of a socket, however it is written; undefined for addresses that are none. */
function pathOf(address: string): string | undefined {
  return /^(?:unix@)?(\/.*)$/.exec(address)?.[1];
}

function isLoopback(address: string): boolean {
  const host = address
    .replace(/^(?:ipv4|ipv6|ip|tcp|tcp4|tcp6)@/, "")
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
