import type { Finding } from "@certwright/core";
import { type ConfigLine, wordAfter } from "../config/lines.ts";
import { canonical, isOfMachine, isPath } from "./addresses.ts";
import { finding } from "./finding.ts";

/* What the text of a configuration says of who may command HAProxy. Pure. */

const overMtls =
  'Put a "listen" of mode tcp with "bind ... ssl crt ... ca-file ... verify required" in front of a unix stats socket, and give nodes as tls://host:port.';

/** Judges the sockets of the Runtime API, and the ways that lead to them. */
export function checkSockets(lines: readonly ConfigLine[]): readonly Finding[] {
  const sockets = lines.filter(({ words }) => words[0] === "stats" && words[1] === "socket");
  const findings = [...sockets.flatMap(checkSocket), ...waysIn(lines).flatMap(checkWayIn)];
  if (sockets.some(isAdmin)) return findings;
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

/** Bind lines of sections that pass what comes on to a stats socket: whoever they let in commands HAProxy. */
export function waysIn(lines: readonly ConfigLine[]): readonly ConfigLine[] {
  const commanding = lines.filter(
    (line) => line.words[0] === "stats" && line.words[1] === "socket" && wordAfter(line, "level") !== "user",
  );
  const places = new Set(commanding.map(({ words }) => canonical(words[2] ?? "")));
  const serving = lines.filter(({ words }) => words[0] === "server" && places.has(canonical(words[2] ?? "")));
  const sections = new Set(serving.map(({ section }) => section));
  const backends = new Set([...sections].map((section) => section.split(" ")[1]));
  for (const { section, words } of lines) {
    const leads = words[0] === "default_backend" || words[0] === "use_backend";
    if (leads && backends.has(words[1])) sections.add(section);
  }
  return lines.filter(({ section, words }) => words[0] === "bind" && sections.has(section));
}

function checkWayIn(line: ConfigLine): readonly Finding[] {
  const { words, section, place } = line;
  const [, address = ""] = words;
  const hasTls = words.includes("ssl");
  if (isPath(address)) return [];
  if (hasTls && words.includes("ca-file") && wordAfter(line, "verify") === "required") return [];
  if (!hasTls && isOfMachine(address)) return [openToMachine(place, `${section} at ${address}`)];
  return [
    finding(
      "error",
      hasTls ? "HAPROXY_CHECK_SOCKET_UNASKED" : "HAPROXY_CHECK_SOCKET_PLAINTEXT",
      place,
      `${section} leads to a stats socket and asks no client for a certificate: whoever reaches it commands HAProxy.`,
      'Write "ssl crt FILE ca-file FILE verify required" on the bind line.',
    ),
  ];
}

function checkSocket(line: ConfigLine): readonly Finding[] {
  const [, , address = ""] = line.words;
  const findings = checkListener(address, line.words, line.place, `"stats socket ${address}"`);
  // Who may write to a socket may connect to it.
  const isOpen = isPath(address)
    ? (Number.parseInt(wordAfter(line, "mode") ?? "0", 8) & 0o002) !== 0
    : isOfMachine(address);
  return isOpen && isAdmin(line) && findings.length === 0 ? [openToMachine(line.place, address)] : findings;
}

function isAdmin(line: ConfigLine): boolean {
  return wordAfter(line, "level") === "admin";
}

function openToMachine(place: string, way: string): Finding {
  return finding(
    "warning",
    "HAPROXY_CHECK_SOCKET_OPEN",
    place,
    `Every user of the machine may give commands through ${way}.`,
    "Use a path with mode 600, or mode 660 and a group.",
  );
}

/** What can be wrong with where a Runtime API listens, of `stats socket` and of `-S` alike. */
export function checkListener(
  address: string,
  words: readonly string[],
  place: string,
  what: string,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (words.includes("ssl")) {
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
  if (!isPath(address) && !isOfMachine(address) && wordAfter({ words }, "level") !== "user") {
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
