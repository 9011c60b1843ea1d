import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { Finding } from "@certwright/core";
import { messageOf } from "@certwright/provider";
import { readBundle } from "../certificate/pem.ts";
import { planRequests } from "../certificate/refusals.ts";
import { isSame } from "../certificate/served.ts";
import { type ConfigLine, wordsAfter } from "../config/lines.ts";
import { readRegularFile } from "../disk/disk.ts";
import { mapPath, type PathMapping, planFiles } from "../disk/files.ts";
import { hasCode } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { Node } from "../runtime/node.ts";
import { finding } from "./finding.ts";
import type { Running } from "./running.ts";

/** Where files are, as this machine sees them. */
export interface FilePlaces {
  readonly map: readonly PathMapping[];
  /** Where relative paths begin, for HAProxy's working directory is not told. */
  readonly base?: string;
}

/** Those of the paths on `bind` lines that are directories here. */
export async function findDirectories(lines: readonly ConfigLine[], places: FilePlaces): Promise<ReadonlySet<string>> {
  const paths = lines.flatMap((line) => (line.words[0] === "bind" ? wordsAfter(line, "crt") : []));
  const [, base] = lines.findLast(({ section, words }) => section === "global" && words[0] === "crt-base")?.words ?? [];
  const found = await Promise.all(
    paths.map(async (path) => {
      const here = placed(isAbsolute(path) || base === undefined ? path : join(base, path), places);
      const stats = here === undefined ? undefined : await stat(here).catch(() => undefined);
      return stats?.isDirectory() ? [path] : [];
    }),
  );
  return new Set(found.flat());
}

/** The files behind certificates in memory: secret, in step, replaceable, and not too large to be pushed again. */
export async function checkCertificateFiles(
  running: Running,
  node: Node,
  { map }: FilePlaces,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const shown of running.certificates) {
    const plan = planFiles(node, shown.name, shown, { map });
    if (plan.kind === "none" || shown.status === "Empty") continue;
    findings.push(...(await checkFile(shown, plan.certificate, plan.key, running)));
  }
  return findings;
}

async function checkFile(
  shown: CertificateDetails,
  path: string,
  keyPath: string | undefined,
  running: Running,
): Promise<readonly Finding[]> {
  const { name } = shown;
  const findings: Finding[] = [...(await checkSecret(keyPath ?? path, name, "The private key", "Keep"))];
  const isWritable = await access(dirname(path), constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) {
    findings.push(
      finding(
        "error",
        "HAPROXY_CHECK_READ_ONLY",
        name,
        `This user cannot write to ${dirname(path)}, so a push to ${name} is refused before it begins.`,
        "Let this user's group write there, or push without files (files=no) and keep them in step otherwise.",
      ),
    );
  }
  try {
    const text = (await readRegularFile(path))?.toString("latin1");
    if (text === undefined) return [...findings, missing(name, path)];
    const besideIt = [keyPath, `${path}.key`, path.replace(/\.crt$/, ".key")];
    let key = text;
    for (const beside of besideIt) {
      if (key.includes("PRIVATE KEY-----")) break;
      if (beside !== undefined) key = (await readRegularFile(beside))?.toString("latin1") ?? key;
    }
    const bundle = readBundle({ key, chain: text });
    if (!isSame(shown, bundle)) findings.push(differs(name, path));
    findings.push(...checkSize(name, bundle, running));
    return findings;
  } catch (error) {
    const why = messageOf(error);
    const hint = hasCode(error, "HAPROXY_BAD_PEM")
      ? "A reload would fail or bring something else; push the certificate again."
      : "Run this as a user who may read HAProxy's files.";
    return [...findings, finding("warning", "HAPROXY_CHECK_NOT_READ", name, `${path}: ${why}`, hint)];
  }
}

/** Whether it, and one somewhat larger, would go through the buffer. */
function checkSize(name: string, bundle: ReturnType<typeof readBundle>, running: Running): readonly Finding[] {
  const limits = { bufferSize: running.bufferSize, version: running.worker.version, prefix: running.prefix };
  const fits = (bufferSize: number) => {
    try {
      planRequests(bundle, { node: running.node, name }, { ...limits, bufferSize });
      return true;
    } catch (error) {
      return !hasCode(error, "HAPROXY_BUFFER_TOO_SMALL");
    }
  };
  if (fits(Math.floor(running.bufferSize * 0.75))) return [];
  const isTooLarge = !fits(running.bufferSize);
  const size = Buffer.byteLength(bundle.pem);
  return [
    finding(
      isTooLarge ? "error" : "warning",
      "HAPROXY_CHECK_BUFFER",
      name,
      `${name} has ${size} bytes with key and chain, and HAProxy's buffer ${running.bufferSize}: it ${isTooLarge ? "cannot be pushed" : "just fits, and one with a longer chain or more names would not"}.`,
      'Raise "tune.bufsize" in the global section, for example to 32768, and restart HAProxy.',
    ),
  ];
}

/** Whether a file is for its owner alone, or nearly so. */
export async function checkSecret(
  path: string,
  subject: string,
  what: string,
  verb: "Write" | "Keep",
): Promise<readonly Finding[]> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || (stats.mode & 0o004) === 0 || !(await isReachedByAll(path))) return [];
  const mode = (stats.mode & 0o777).toString(8);
  return [
    finding(
      "error",
      "HAPROXY_CHECK_FILE_OPEN",
      subject,
      `${what} in ${path} may be read by every user of the machine (mode ${mode}).`,
      verb === "Write"
        ? `chmod 600 ${path}. HAProxy 3.2 creates account keys like this; create the file before it does.`
        : `chmod o-rwx ${path}, and replace the key if others use the machine.`,
    ),
  ];
}

/** Whether no directory above a file keeps others out. */
async function isReachedByAll(path: string): Promise<boolean> {
  for (let above = dirname(await realpath(path).catch(() => path)); above !== "/"; above = dirname(above)) {
    const stats = await stat(above).catch(() => undefined);
    if (stats !== undefined && (stats.mode & 0o001) === 0) return false;
  }
  return true;
}

/** A path of HAProxy as it is on this machine; undefined where nobody says what it is relative to. */
export function placed(path: string, { map, base }: FilePlaces): string | undefined {
  if (isAbsolute(path)) return mapPath(path, map);
  return base === undefined ? undefined : mapPath(join(base, path), map);
}

function missing(name: string, path: string): Finding {
  return finding(
    "warning",
    "HAPROXY_CHECK_NO_FILE",
    name,
    `${name} is in memory, and ${path} is not there: the next reload fails or forgets it.`,
    "Push it again, which writes the file.",
  );
}

function differs(name: string, path: string): Finding {
  return finding(
    "warning",
    "HAPROXY_CHECK_FILE_DIFFERS",
    name,
    `${path} holds another certificate than HAProxy's memory; the next reload brings that of the file.`,
    "Push the right one again, which puts both in step; `certwright fleet drift` tells which is stored.",
  );
}
