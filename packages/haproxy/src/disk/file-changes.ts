import { readFile } from "node:fs/promises";
import { removeLeftBeside } from "@certwright/core/store";
import { type Bundle, keepParameters } from "../certificate/pem.ts";
import { HaproxyError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { addListLine, type ListLine, removeListLine } from "./crt-list-file.ts";
import { editFile, type Replaced, readRegularFile, replaceFiles } from "./disk.ts";
import type { FilePlan } from "./files.ts";

/** The files a push has changed so far, across its attempts, with the way back. */
export interface FileChanges {
  /** Writes certificate and key as {@link keepFormer} says, both or none. Repeating it changes nothing. */
  writeCertificate(plan: FilePlan, bundle: Bundle, like?: string): Promise<void>;
  /** Adds a line to a crt-list file. Repeating it changes nothing. */
  addToList(path: string, line: ListLine): Promise<void>;
  /** False when somebody else has changed one of these files since. */
  areOurs(): Promise<boolean>;
  /** Puts every file back as it was, last change first. */
  restore(): Promise<void>;
  /** Paths that were changed. */
  readonly paths: readonly string[];
}

/**
 * Opens the changes of one push to the files of a node. What a killed push left beside one of them is removed.
 *
 * @param swept directories where nothing is left any more, shared by the pushes of a batch
 */
export function openFileChanges(node: string, emit: Emit, swept: Set<string> = new Set()): FileChanges {
  const changes: Replaced[] = [];
  const keep = (replaced: Replaced) => {
    if (!replaced.changed) return;
    changes.push(replaced);
    emit({ type: "written", node, path: replaced.path });
  };
  // What cannot be put back stays among the changes, for another try and for who tells of it.
  const restore = async () => {
    for (let change = changes.at(-1); change !== undefined; change = changes.at(-1)) {
      await change.restore();
      changes.pop();
      emit({ type: "restored", node, path: change.path });
    }
  };
  return {
    get paths() {
      return [...new Set(changes.map(({ path }) => path))];
    },
    async writeCertificate(plan, bundle, like) {
      if (plan.kind === "none") return;
      const { certificate: path, key } = plan;
      // A reload between the two finds a pair that does not fit; there is no way to switch two files at once.
      const files =
        key === undefined
          ? [{ path, content: bundle.pem }]
          : [
              { path: key, content: bundle.keyPem },
              { path, content: bundle.certificatesPem },
            ];
      for (const file of files) await removeLeftBeside(file.path, swept);
      (await replaceFiles(files, like === undefined ? {} : { like })).forEach(keep);
    },
    async addToList(path, line) {
      await removeLeftBeside(path, swept);
      const replaced = await editFile(path, (text) => addListLine(existing(path, text), line));
      // Others may have added lines since; only ours goes again.
      const restore = async () => void (await editFile(path, (text) => removeListLine(existing(path, text), line)));
      const isOurs = async () => {
        const text = existing(path, (await readRegularFile(path))?.toString("utf8"));
        return addListLine(text, line) === text;
      };
      keep({ ...replaced, restore, isOurs });
    },
    async areOurs() {
      return (await Promise.all(changes.map(({ isOurs }) => isOurs()))).every(Boolean);
    },
    restore,
  };
}

function existing(path: string, text: string | undefined): string {
  if (text !== undefined) return text;
  throw new HaproxyError("HAPROXY_NOT_A_FILE", `The crt-list ${path} does not exist on this machine.`, {
    hint: "If HAProxy runs in a container or chroot, map its paths to those of this machine.",
  });
}

/** What of the files that are there stays: that the key has one of its own, and Diffie-Hellman parameters. */
export async function keepFormer<P extends FilePlan>(
  plan: P,
  bundle: Bundle,
): Promise<{ readonly plan: P; readonly bundle: Bundle }> {
  const text = plan.kind === "none" ? undefined : await readFile(plan.certificate, "utf8").catch(() => undefined);
  if (plan.kind === "none" || text === undefined) return { plan, bundle };
  const key = plan.key ?? (await separateKey(plan.certificate, text));
  return { plan: key === undefined ? plan : { ...plan, key }, bundle: keepParameters(bundle, text) };
}

/**
 * HAProxy reads `x.pem.key`, or `x.key` beside `x.crt`, when the certificate's own file has no key; it does not always
 * tell. Two files stay two files.
 */
async function separateKey(certificate: string, text: string): Promise<string | undefined> {
  if (pemLabels(text).some((label) => label.endsWith("PRIVATE KEY"))) return undefined;
  for (const path of [`${certificate}.key`, certificate.replace(/\.crt$/, ".key")]) {
    const key = path === certificate ? undefined : await readFile(path, "utf8").catch(() => undefined);
    if (key !== undefined && pemLabels(key).some((label) => label.endsWith("PRIVATE KEY"))) return path;
  }
  return undefined;
}

function pemLabels(text: string): readonly string[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = ""]) => label);
}
