/** Hides secrets in texts that people and logs see. */
export interface Masker {
  /** The text with every known secret, in every form it may travel in, replaced by `***`. */
  (text: string): string;
  /** Makes one more secret known. */
  add(secret: string): void;
}

/** Secrets shorter than this are not masked: hiding every `a` would hide the message and not the secret. */
const shortest = 3;

/** Lines of a longer secret (a key in PEM form) are hidden each for itself from this length on. */
const shortestLine = 16;

/** Keys have some dozens of lines; a whole file of somebody's is not a key. */
const mostLines = 500;

/**
 * Masks option values marked `secret`, tokens received since, and what they look like once sent: URL- and form-encoded,
 * escaped in JSON or XML, in base64 and base64url. Longer forms are replaced first, so no rest of one stays behind.
 */
export function createMasker(secrets: Iterable<string> = []): Masker {
  const forms = new Set<string>();
  let ordered: readonly string[] | undefined;
  const add = (secret: string): void => {
    for (const form of formsOf(secret)) if (form.length >= shortest) forms.add(form);
    ordered = undefined;
  };
  for (const secret of secrets) add(secret);
  const mask = (text: string): string => {
    ordered ??= [...forms].sort((a, b) => b.length - a.length);
    return ordered.reduce((masked, form) => masked.replaceAll(form, "***"), text);
  };
  return Object.assign(mask, { add });
}

function formsOf(secret: string): string[] {
  if (secret.trim().length < shortest) return [];
  const parts = [secret, secret.trim()];
  const lines = secret.split(/\r?\n|\\n/, mostLines).map((line) => line.trim());
  if (lines.length > 1) parts.push(...lines.filter((line) => line.length >= shortestLine && !line.startsWith("-----")));
  return parts.flatMap(encodings);
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  const url = safely(() => encodeURIComponent(secret)) ?? secret;
  return [
    secret,
    url,
    url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    new URLSearchParams([["", secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    bytes.toString("base64"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
  ];
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * The same error with every secret masked, its causes included, or a plain copy of what is not an error.
 * Used for errors of other people's code (SDKs), which may hold a whole request.
 */
export function maskError(error: unknown, mask: Masker, depth = 0): Error {
  if (!(error instanceof Error))
    return new Error(printable(mask(typeof error === "string" ? error : "something that is no error was thrown")));
  const copy = new Error(printable(mask(error.message)));
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = mask(error.stack);
  if ("code" in error && (typeof error.code === "string" || typeof error.code === "number"))
    Object.assign(copy, { code: error.code });
  if (error.cause !== undefined && depth < 4) copy.cause = maskError(error.cause, mask, depth + 1);
  return copy;
}

/** One line of at most `length` characters without control characters: what a stranger's text becomes before it is shown. */
export function printable(text: string, length = 300): string {
  // Bidirectional marks and line separators go too: they can make a line show other words than it holds.
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  return line.length <= length ? line : `${line.slice(0, length - 1).trimEnd()}…`;
}
