import { isAbsolute, join } from "node:path";
import { type Bundle, pemBlocks, readBundle } from "../certificate/pem.ts";
import { storeOf } from "../certificate/references.ts";
import { readRegularFile } from "../disk/disk.ts";
import { type FilePlan, mapPath, type PathMapping } from "../disk/files.ts";
import { HaproxyError } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import type { AcmeCertificate } from "./domains.ts";

/* A certificate exists twice, in HAProxy's memory and on disk, and only the second survives. */

/** Where files are. */
export interface Places {
  /** Where relative paths begin that the configuration gives no base for. */
  readonly base?: string;
  /** For HAProxy in a container or chroot: its path prefixes and what they are here. */
  readonly map?: readonly PathMapping[];
}

/**
 * The files HAProxy loads a certificate from. It shows paths as they are written, without the base they are under.
 *
 * @throws HaproxyError HAPROXY_ACME_PATH
 */
export function filesOf(
  name: string,
  shown: CertificateDetails,
  configured: AcmeCertificate | undefined,
  { base, map }: Places,
): Extract<FilePlan, { kind: "files" }> {
  const whole = (path: string, own: string | undefined): string => {
    if (isAbsolute(path)) return mapPath(path, map);
    const under = own ?? base;
    if (under !== undefined && isAbsolute(under)) return mapPath(join(under, path), map);
    throw new HaproxyError("HAPROXY_ACME_PATH", `Nothing says where ${path} of ${name} is.`, {
      certificate: name,
      hint: "Give the configuration with --config-file, or with --base the directory HAProxy's relative paths begin at.",
    });
  };
  const file = shown.certificateFile ?? (storeOf(name) === undefined ? name : undefined);
  if (file === undefined) {
    throw new HaproxyError("HAPROXY_ACME_PATH", `HAProxy does not tell the file of ${name}.`, {
      certificate: name,
      hint: "Write the certificate's file into the configuration.",
    });
  }
  const isNamed = file === name;
  const certificate = whole(file, isNamed ? undefined : configured?.certificateBase);
  const { keyFile } = shown;
  return {
    kind: "files",
    certificate,
    ...(keyFile === undefined || keyFile === file
      ? {}
      : {
          key: whole(keyFile, configured?.keyBase ?? (isAbsolute(keyFile) ? undefined : configured?.certificateBase)),
        }),
  };
}

/** What the files hold; undefined where they hold no certificate with its key. */
export async function readCopy({
  certificate,
  key,
}: Extract<FilePlan, { kind: "files" }>): Promise<Bundle | undefined> {
  const chain = (await readRegularFile(certificate))?.toString("utf8");
  if (chain === undefined) return undefined;
  try {
    const isCombined = pemBlocks(chain).some(({ label }) => label.endsWith("PRIVATE KEY"));
    const keyText = isCombined ? chain : (await readRegularFile(key ?? `${certificate}.key`))?.toString("utf8");
    const bundle = keyText === undefined ? undefined : readBundle({ key: keyText, chain });
    return bundle?.keyMatches ? bundle : undefined;
  } catch (error) {
    if (error instanceof HaproxyError && error.code === "HAPROXY_BAD_PEM") return undefined;
    throw error;
  }
}

/** Which copy is right. */
export type Verdict =
  | "same"
  /** HAProxy obtained one that is not on disk, or the files are of no use. */
  | "memory"
  /** Somebody put a newer one there, which the next reload takes. */
  | "disk";

/** Compares the two copies. */
export function compareCopies(
  shown: Pick<CertificateDetails, "sha1" | "serial" | "notBefore" | "notAfter">,
  disk: Bundle | undefined,
): Verdict {
  if (disk === undefined) return "memory";
  if (shown.sha1 === undefined ? shown.serial === disk.serial : shown.sha1 === disk.sha1) return "same";
  return isNewer(disk, shown) ? "disk" : "memory";
}

// By when it was issued: a CA may well give the next certificate a shorter life than the last.
function isNewer(disk: Bundle, { notBefore, notAfter }: Pick<CertificateDetails, "notBefore" | "notAfter">): boolean {
  if (notBefore === undefined || notAfter === undefined) return false;
  const later = disk.notBefore.getTime() - notBefore.getTime();
  return later > 0 || (later === 0 && disk.notAfter > notAfter);
}
