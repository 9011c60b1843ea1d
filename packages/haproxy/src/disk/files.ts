import { isAbsolute } from "node:path";
import { storeOf } from "../certificate/references.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { isLocal, type Node } from "../runtime/node.ts";

/** Where HAProxy's files are on this machine. */
export interface DiskOptions {
  /** The certificate's file here. Default: what HAProxy itself names, where that is a path. */
  readonly file?: string;
  /** The key's file here, where key and certificate are apart. */
  readonly keyFile?: string;
  /** For HAProxy in a container or chroot: its path prefixes and what they are here. */
  readonly map?: readonly PathMapping[];
}

export interface PathMapping {
  readonly haproxy: string;
  readonly local: string;
}

/** Which files a push must write so that the next reload agrees with it. */
export type FilePlan =
  | { readonly kind: "files"; readonly certificate: string; readonly key?: string }
  /** Nothing is written; a reload brings back what the files hold. */
  | { readonly kind: "none"; readonly reason: string };

/** Decides which files belong to a certificate of a node. `false` as options means: write none. */
export function planFiles(
  node: Node,
  name: string,
  shown: CertificateDetails | undefined,
  options: DiskOptions | false = {},
): FilePlan {
  if (options === false) return { kind: "none", reason: "writing files is switched off" };
  if (options.file !== undefined) return files(options.file, options.keyFile);
  if (!isLocal(node) && options.map === undefined)
    return { kind: "none", reason: "the node's files are on another machine" };

  const certificate = shown?.certificateFile ?? (storeOf(name) === undefined ? name : undefined);
  if (certificate === undefined || !isAbsolute(certificate)) {
    return { kind: "none", reason: `HAProxy does not tell the full path of ${certificate ?? name}` };
  }
  const key = shown?.keyFile;
  if (key !== undefined && key !== certificate && !isAbsolute(key)) {
    return { kind: "none", reason: `HAProxy does not tell the full path of ${key}` };
  }
  return files(
    mapPath(certificate, options.map),
    options.keyFile ?? (key === undefined || key === certificate ? undefined : mapPath(key, options.map)),
  );
}

function files(certificate: string, key: string | undefined): FilePlan {
  return { kind: "files", certificate, ...(key === undefined ? {} : { key }) };
}

/** HAProxy's path as this machine sees it; the longest fitting prefix wins. */
export function mapPath(path: string, map: readonly PathMapping[] = []): string {
  const trimmed = (prefix: string) => prefix.replace(/\/+$/, "");
  const fitting = map
    .filter(({ haproxy }) => path === trimmed(haproxy) || path.startsWith(`${trimmed(haproxy)}/`))
    .sort((a, b) => b.haproxy.length - a.haproxy.length)[0];
  return fitting ? trimmed(fitting.local) + path.slice(trimmed(fitting.haproxy).length) : path;
}
