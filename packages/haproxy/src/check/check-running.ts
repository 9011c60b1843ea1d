import type { Finding } from "@certwright/core";
import { storeOf } from "../certificate/references.ts";
import { noTls } from "./check-binds.ts";
import { checkListener } from "./check-sockets.ts";
import { finding } from "./finding.ts";
import type { Running } from "./running.ts";

/* What the running process says. Pure. */

const mostOfAKind = 20;

/** Judges what a running HAProxy said. */
export function checkRunning(running: Running, now: Date): readonly Finding[] {
  return [
    ...checkLevels(running),
    ...checkVersion(running),
    ...few(checkDuplicates(running)),
    ...few(checkCertificates(running, now)),
    ...checkAdding(running),
  ];
}

function checkLevels({ node, level, sockets }: Running): readonly Finding[] {
  const listeners = sockets.flatMap(({ address, level: its }) =>
    its === "admin" ? checkListener(address, [], address, `The socket ${address}`) : [],
  );
  if (level === "admin") return listeners;
  const others = sockets.filter(({ level: its, address }) => its === "admin" && !address.startsWith("sockpair@"));
  return [
    ...listeners,
    finding(
      "error",
      "HAPROXY_CHECK_LEVEL",
      node,
      `${node} has level ${level}; certificates cannot be changed through it.`,
      others.length > 0
        ? `Use ${others.map(({ address }) => address).join(" or ")}, which has level admin.`
        : 'Add "level admin" to its "stats socket" line and restart HAProxy.',
    ),
  ];
}

function checkVersion({ node, worker: { version } }: Running): readonly Finding[] {
  const [major = 0, minor = 0] = version.split(".").map(Number.parseFloat);
  const isBefore = (wantedMajor: number, wantedMinor: number) =>
    major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  if (isBefore(2, 6)) {
    return [
      finding(
        "warning",
        "HAPROXY_CHECK_VERSION",
        node,
        `HAProxy ${version} is older than any this was tried with.`,
        "Upgrade to 3.2 or later.",
      ),
    ];
  }
  if (!isBefore(3, 2)) return [];
  return [
    finding(
      "note",
      "HAPROXY_CHECK_VERSION",
      node,
      `HAProxy ${version} does not tell which certificate answers which name, and many are pushed to it more slowly.`,
      "Give addresses to check by handshake; 3.2 and later need less care.",
    ),
  ];
}

function checkDuplicates({ sni = [] }: Running): readonly Finding[] {
  const places = new Map<string, Set<string>>();
  for (const { frontend, sni: name, type, certificate } of sni) {
    if (name === "*") continue;
    const place = `${frontend}\t${name}\t${type}`;
    places.set(place, (places.get(place) ?? new Set()).add(certificate));
  }
  return [...places].flatMap(([place, certificates]) => {
    if (certificates.size < 2) return [];
    const [frontend = "", name = ""] = place.split("\t");
    return [
      finding(
        "error",
        "HAPROXY_CHECK_SAME_NAME",
        name,
        `${[...certificates].join(" and ")} both answer ${name} on ${frontend}; a push to one may have no effect.`,
        "Leave the name to one of them, by crt-list filters or by other certificates.",
      ),
    ];
  });
}

function checkCertificates({ certificates, transaction }: Running, now: Date): readonly Finding[] {
  const findings: Finding[] = [];
  if (transaction !== undefined) {
    findings.push(
      finding(
        "warning",
        "HAPROXY_CHECK_TRANSACTION",
        transaction,
        `A transaction for ${transaction} is open, and no other certificate can be changed until it ends.`,
        `Look again in a minute. If it still stands, nobody ends it: "abort ssl cert ${transaction}".`,
      ),
    );
  }
  for (const { name, status, notAfter, certificateFile } of certificates) {
    if (notAfter !== undefined && notAfter <= now) {
      const when = `${name} expired at ${notAfter.toISOString()}${status === "Used" ? " and is served" : ""}.`;
      findings.push(finding(status === "Used" ? "error" : "warning", "HAPROXY_CHECK_EXPIRED", name, when, "Renew it."));
    }
    if (status !== "Used") {
      findings.push(
        finding(
          "note",
          "HAPROXY_CHECK_UNUSED",
          name,
          `${name} is ${status === "Empty" ? "an empty name" : "loaded, and no bind line uses it"}.`,
          "Add it to a crt-list, or delete it.",
        ),
      );
    }
    const relative = certificateFile !== undefined && !certificateFile.startsWith("/");
    if (relative || (certificateFile === undefined && storeOf(name) !== undefined)) {
      findings.push(
        finding(
          "warning",
          "HAPROXY_CHECK_NO_PATH",
          name,
          `HAProxy knows the file of ${name} as ${certificateFile ?? "nothing"}; pushes leave it as it is, and a reload undoes them.`,
          'Say where it is with "file" of the target, or write absolute paths in the configuration.',
        ),
      );
    }
  }
  return findings;
}

/** Where none can be added, every new certificate means a reload; where there is none at all, also the first. */
function checkAdding({ node, level, lists, certificates, sni }: Running): readonly Finding[] {
  if (level !== "admin" || lists.size > 0) return [];
  if (certificates.length === 0 || sni?.length === 0) {
    return [
      noTls(
        node,
        "HAProxy serves no certificate, and has no list to which one could be added: no bind line speaks TLS.",
        'Add "bind :443 ssl crt /etc/haproxy/certs/ strict-sni" to a frontend and restart HAProxy; the directory may be empty at first.',
      ),
    ];
  }
  return [
    finding(
      "warning",
      "HAPROXY_CHECK_CANNOT_ADD",
      node,
      "Certificates are named one by one (crt FILE, or a crt-store); they can be replaced, but new ones need a reload.",
      'Name a directory or a crt-list on the bind line instead, or use "ssl-f-use" (3.2 and later).',
    ),
  ];
}

/** The first of many findings of one code, and how many more there are. */
function few(findings: readonly Finding[]): readonly Finding[] {
  const byCode = Map.groupBy(findings, ({ code }) => code);
  return [...byCode.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined || all.length <= mostOfAKind) return all;
    const more = `${all.length - mostOfAKind} more like these.`;
    return [...all.slice(0, mostOfAKind), { ...first, subject: first.code, message: more }];
  });
}
