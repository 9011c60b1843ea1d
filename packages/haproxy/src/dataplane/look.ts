import { dirname } from "node:path/posix";
import type { Candidate } from "../push/choose.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { isLockName } from "../runtime/writer-lock.ts";
import type { Process, StoredDetails, StoredFile } from "./answers.ts";
import {
  getBufferSize,
  getCertificate,
  getLists,
  getNames,
  getProcess,
  getStored,
  getStoredDetails,
  getStoredLists,
} from "./api.ts";
import type { Desk } from "./open-api.ts";
import { answered, wanted } from "./patience.ts";
import type { Known, Recall } from "./recall.ts";
import { refusedByApi } from "./refused.ts";

/** What an API can reach. */
export interface Reach {
  /** The running HAProxy; absent where the API has no way to it, `unreached` says why. */
  readonly process?: Process;
  readonly unreached: string;
  /** `tune.bufsize`, where the configuration that the API reads says it. */
  readonly bufferSize?: number;
  /** Names of the certificates in memory. */
  readonly names: readonly string[];
  /** Files of certificates the API keeps. */
  readonly stored: readonly StoredFile[];
  /** Lists in memory; asked for once. */
  readonly lists: () => Promise<readonly string[]>;
  /** Files of lists the API keeps; asked for once. */
  readonly listFiles: () => Promise<readonly StoredFile[]>;
  /** Everything that could be the certificate to replace: in memory, or among the files where that is all there is; looked at once. */
  readonly candidates: () => Promise<readonly Candidate[]>;
  /** What that look showed in memory. */
  readonly shown: Map<string, CertificateDetails>;
}

/**
 * @param recall what was seen a moment ago. Default: nothing
 * @throws HaproxyError as `wanted`
 */
export async function lookAround(desk: Desk, recall: Recall = () => new Map()): Promise<Reach> {
  const { api } = desk;
  const stored = await wanted(desk, { what: "stored certificates" }, () => getStored(api));
  const asked = await answered(desk, { what: "the running process" }, () => getProcess(api));
  if ("failure" in asked) {
    if (asked.failure.kind !== "no-runtime") throw refusedByApi(api, "the running process", asked.failure);
    return reachOf(desk, { unreached: asked.failure.reason, names: [], stored }, recall(0));
  }
  if ("error" in asked.value) {
    throw refusedByApi(api, "the running process", { kind: "no-runtime", reason: asked.value.error });
  }
  const names = await answered(desk, { what: "runtime certificates" }, () => getNames(api));
  if (!("failure" in names)) {
    const size = await answered(desk, { what: "the buffer size" }, () => getBufferSize(api));
    const seen = {
      process: asked.value,
      unreached: "",
      // Some users of an API may not read its configuration.
      ...("failure" in size || size.value === undefined ? {} : { bufferSize: size.value }),
      names: names.value.filter((name) => !isLockName(name)),
      stored,
    };
    return reachOf(desk, seen, recall(asked.value.pid));
  }
  if (names.failure.kind !== "no-runtime") throw refusedByApi(api, "runtime certificates", names.failure);
  // Data Plane API up to 3.1 changes no certificate in memory.
  return reachOf(desk, { unreached: "this Data Plane API has no runtime/ssl_certs", names: [], stored }, recall(0));
}

function reachOf(desk: Desk, seen: Omit<Reach, "lists" | "listFiles" | "candidates" | "shown">, known: Known): Reach {
  const { api } = desk;
  const shown: Reach["shown"] = new Map();
  return {
    ...seen,
    lists: once(() => wanted(desk, { what: "runtime crt-lists" }, () => getLists(api))),
    listFiles: once(() => wanted(desk, { what: "stored crt-lists" }, () => getStoredLists(api))),
    candidates: once(() => allCandidates(desk, seen, shown, known)),
    shown,
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** The API's folder of certificates and lists, where any file shows it. */
export function folderOf({ stored }: Pick<Reach, "stored">): string | undefined {
  const [first] = stored;
  return first && dirname(first.file);
}

/**
 * True for a file the API can be asked for: it makes underscores of every other character in names it is given, also in
 * those of files that are there already.
 */
export function canBeNamed(storageName: string): boolean {
  return toStorageName(storageName) === storageName;
}

/** The name under which the API would keep an upload. */
export function toStorageName(name: string): string {
  const dot = name.lastIndexOf(".");
  const plain = (text: string) => text.replace(/[^A-Za-z0-9_-]+/g, "_");
  return dot <= 0 ? plain(name) : `${plain(name.slice(0, dot))}.${plain(name.slice(dot + 1))}`;
}

/** What HAProxy holds under a name, if anything. */
export async function lookInMemory(desk: Desk, name: string): Promise<CertificateDetails | undefined> {
  const question = { what: "a certificate in memory", certificate: name };
  const answer = await answered(desk, question, () => getCertificate(desk.api, name));
  if (!("failure" in answer)) return answer.value;
  if (answer.failure.kind === "unknown") return undefined;
  throw refusedByApi(desk.api, question.what, answer.failure, name);
}

/** The same, as a look at all of them showed it a moment ago: once, for what comes after may have changed it. */
export async function lookOnce(desk: Desk, { shown }: Reach, name: string): Promise<CertificateDetails | undefined> {
  const found = shown.get(name);
  shown.delete(name);
  return found ?? lookInMemory(desk, name);
}

/** What the API says of a file it keeps. */
export async function lookAtFile(desk: Desk, file: StoredFile): Promise<StoredDetails | undefined> {
  const question = { what: "a stored certificate", certificate: file.file };
  const answer = await answered(desk, question, () => getStoredDetails(desk.api, file.storageName));
  if (!("failure" in answer)) return answer.value;
  if (answer.failure.kind === "absent") return undefined;
  throw refusedByApi(desk.api, question.what, answer.failure, file.file);
}

/** Names the API's grammar allows in a path (its own pattern), so that others are not asked for. */
export function canBeAsked(name: string): boolean {
  return /^[^\r\n<>*;$#&{}"]+$/.test(name);
}

// As many as there are connections; each answer is small.
const together = 8;

async function allCandidates(
  desk: Desk,
  { process, stored, names }: Pick<Reach, "process" | "stored" | "names">,
  shown: Reach["shown"],
  known: Known,
): Promise<readonly Candidate[]> {
  const unlessKnown = (name: string, look: () => Promise<Candidate | undefined>) => {
    const candidate = known.get(name) ?? look();
    known.set(name, candidate);
    candidate.catch(() => known.delete(name));
    return candidate;
  };
  if (!process) {
    const files = stored.filter(({ storageName }) => canBeNamed(storageName));
    return inGroups(files, (file) =>
      unlessKnown(file.file, async () => {
        const details = await lookAtFile(desk, file);
        return details && { name: file.file, status: "Used", names: details.names };
      }),
    );
  }
  const question = { what: "a certificate in memory" };
  return inGroups(names.filter(canBeAsked), (name) =>
    unlessKnown(name, async () => {
      const answer = await answered(desk, question, () => getCertificate(desk.api, name));
      if (!("failure" in answer)) {
        shown.set(name, answer.value);
        return answer.value;
      }
      // Of those that have their key elsewhere the API tells nothing; and others may go while we look.
      if (answer.failure.kind === "unknown" || answer.failure.kind === "split-key") return undefined;
      throw refusedByApi(desk.api, question.what, answer.failure, name);
    }),
  );
}

async function inGroups<T, R>(items: readonly T[], look: (item: T) => Promise<R | undefined>): Promise<readonly R[]> {
  const found: R[] = [];
  for (let start = 0; start < items.length; start += together) {
    const some = await Promise.all(items.slice(start, start + together).map(look));
    found.push(...some.filter((each) => each !== undefined));
  }
  return found;
}
