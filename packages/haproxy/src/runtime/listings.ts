import { parseRefusal, type Refusal, unexpected } from "./answers.ts";
import { canonicalName } from "./names.ts";

/* The grammar of what HAProxy shows: pure functions from a text to typed facts. */

/** The part of `show info` that tells one worker process from another. */
export interface WorkerInfo {
  readonly version: string;
  readonly pid: number;
  /** True once a reload has told this worker to finish its connections and leave. */
  readonly stopping: boolean;
  readonly uptimeSeconds: number;
}

/** What `show ssl cert NAME` says about one certificate. Absent fields were not shown. */
export interface CertificateDetails {
  readonly name: string;
  /** `Empty` after `new ssl cert`; `Unused` when no bind or server line refers to it, and in 2.6 for a transaction. */
  readonly status: "Used" | "Unused" | "Empty" | "Uncommitted";
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** Upper-case hex without leading zeros. */
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly names: readonly string[];
  /** For example `EC256` or `RSA2048`. */
  readonly algorithm?: string;
  /** SHA-1 of the certificate, upper-case hex. HAProxy shows no other fingerprint. */
  readonly sha1?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly chainSubjects: readonly string[];
  /** Identifies the OCSP response that is stapled. */
  readonly ocspKey?: string;
}

/** Names of the certificates HAProxy holds, and of the one that has an open transaction. */
export interface CertificateNames {
  readonly names: readonly string[];
  readonly transaction?: string;
}

/** One line of a crt-list as HAProxy holds it. */
export interface CrtListEntry {
  readonly certificate: string;
  readonly line: number;
  readonly options: string;
  readonly filters: readonly string[];
}

/** One row of `show ssl sni`: which file answers which name where. */
export interface SniRow {
  readonly frontend: string;
  readonly sni: string;
  readonly type: string;
  readonly certificate: string;
}

export type Level = "user" | "operator" | "admin";

/** `show info` */
export function parseInfo(text: string): WorkerInfo {
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  const [version, pid, stopping, uptime] = ["Version", "Pid", "Stopping", "Uptime_sec"].map(field);
  if (!version || !/^[1-9]\d*$/.test(pid ?? "") || !/^[01]$/.test(stopping ?? "") || !/^\d+$/.test(uptime ?? "")) {
    throw unexpected("show info", text);
  }
  return { version, pid: Number(pid), stopping: stopping === "1", uptimeSeconds: Number(uptime) };
}

/** `show proc` of a master: the process ids of workers, without those a reload has replaced or is replacing. */
export function parseWorkers(text: string): readonly number[] {
  if (!/^#<PID> /.test(text)) throw unexpected("show proc", text);
  const [, current = ""] = /^# workers\n((?:\d.*\n?)*)/m.exec(text) ?? [];
  return [...current.matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
}

/** `show cli level` */
export function parseLevel(text: string): Level {
  if (text === "user" || text === "operator" || text === "admin") return text;
  throw unexpected("show cli level", text);
}

/** `show pools match buffer`: the size in bytes of the buffer a whole request must fit into. */
export function parseBufferSize(text: string): number {
  const size = /^\s*- Pool buffer \((\d{1,12}) bytes\)/m.exec(text)?.[1];
  if (size === undefined) throw unexpected("show pools", text);
  return Number(size);
}

/** `show ssl cert` */
export function parseCertificateNames(text: string): CertificateNames | Refusal {
  const refused = parseRefusal(text) ?? lockedShow(text);
  if (refused) return refused;
  const names: string[] = [];
  let transaction: string | undefined;
  let section = "";
  for (const line of text.split("\n")) {
    if (line === "# transaction" || line === "# filename") section = line;
    else if (section === "# transaction" && line.startsWith("*")) transaction = line.slice(1);
    else if (section === "# filename" && line !== "") names.push(line);
    else if (line !== "") throw unexpected("show ssl cert", text);
  }
  // A process without any certificate answers with nothing at all or with the bare header.
  return transaction === undefined ? { names } : { names, transaction };
}

const detailNames: Readonly<Record<string, keyof CertificateDetails>> = {
  "Crt filename": "certificateFile",
  "Key filename": "keyFile",
  Algorithm: "algorithm",
  Subject: "subject",
  Issuer: "issuer",
  "OCSP Response Key": "ocspKey",
};

/** `show ssl cert NAME` or `show ssl cert *NAME`; the answer of one with very many names may be cut short. */
export function parseCertificate(text: string, name: string): CertificateDetails | Refusal {
  const refused = parseRefusal(text) ?? lockedShow(text);
  if (refused) return refused;
  if (text === "Can't display the certificate: Not found or the certificate is a bundle!") return { kind: "unknown" };

  const fields = new Map<string, string>();
  const chainSubjects: string[] = [];
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const label = line.slice(0, colon);
    if (colon < 1 || !/^[A-Za-z][A-Za-z0-9 ]*$/.test(label)) throw unexpected("show ssl cert", text);
    const value = line.slice(colon + 1).trim();
    if (label === "Chain Subject") chainSubjects.push(value);
    else if (!fields.has(label)) fields.set(label, value);
  }
  const status = fields.get("Status");
  if (![name, `*${name}`].includes(fields.get("Filename") ?? "") || !isStatus(status)) {
    throw unexpected("show ssl cert", text);
  }

  const facts: Record<string, unknown> = {};
  for (const [label, property] of Object.entries(detailNames)) {
    const value = fields.get(label);
    if (value) facts[property] = value;
  }
  const serial = fields.get("Serial");
  if (serial && /^[0-9A-Fa-f]+$/.test(serial)) facts.serial = serial.toUpperCase().replace(/^0+(?=.)/, "");
  const sha1 = fields.get("SHA1 FingerPrint");
  if (sha1 && /^[0-9A-F]{40}$/i.test(sha1)) facts.sha1 = sha1.toUpperCase();
  for (const label of ["notBefore", "notAfter"]) {
    const date = parseDate(fields.get(label));
    if (date) facts[label] = date;
  }
  if (status !== "Empty" && facts.serial === undefined) throw unexpected("show ssl cert", text);
  return {
    ...facts,
    name,
    status,
    names: parseAlternativeNames(fields.get("Subject Alternative Name") ?? ""),
    chainSubjects,
  };
}

/** `show ssl crt-list` */
export function parseCrtLists(text: string): readonly string[] | Refusal {
  const refused = parseRefusal(text);
  if (refused) return refused;
  return text.split("\n").filter((line) => line !== "");
}

/** `show ssl crt-list -n LIST` */
export function parseCrtList(text: string): readonly CrtListEntry[] | Refusal {
  const refused = parseRefusal(text);
  if (refused) return refused;
  if (/^didn't find the specified filename|does not exist/i.test(text)) return { kind: "unknown" };
  // HAProxy writes a NUL byte after an alpn value.
  const [head, ...lines] = text.replaceAll("\0", "").split("\n");
  if (!head?.startsWith("# ")) throw unexpected("show ssl crt-list", text);
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const parts = /^(.+?):(\d+)(?: \[([^\]]*)\])?((?: \S+)*) *$/.exec(line);
      if (!parts) throw unexpected("show ssl crt-list", line);
      const [, certificate = "", number, options = "", filters = ""] = parts;
      return {
        certificate,
        line: Number(number),
        options: options.trim(),
        filters: filters.split(" ").filter(Boolean),
      };
    });
}

/** `show ssl sni` (3.2 and later) */
export function parseSni(text: string): readonly SniRow[] | Refusal {
  const refused = parseRefusal(text) ?? lockedShow(text);
  if (refused) return refused;
  const rows: SniRow[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line === "") continue;
    const [frontend, sni, , type, certificate] = line.split("\t");
    if (!frontend || !sni || type === undefined || !certificate) throw unexpected("show ssl sni", line);
    rows.push({ frontend, sni, type, certificate });
  }
  return rows;
}

/** The names in OpenSSL's rendering of a subject alternative name, in canonical form; other kinds are left out. */
export function parseAlternativeNames(text: string): readonly string[] {
  return text.split(/, */).flatMap((part) => {
    const value = /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1];
    return value === undefined ? [] : [canonicalName(value)];
  });
}

function parseDate(text: string | undefined): Date | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/.test(text)) return undefined;
  return new Date(text);
}

function isStatus(text: string | undefined): text is CertificateDetails["status"] {
  return text === "Used" || text === "Unused" || text === "Empty" || text === "Uncommitted";
}

function lockedShow(text: string): Refusal | undefined {
  return text.startsWith("Can't show!") ? { kind: "locked" } : undefined;
}
