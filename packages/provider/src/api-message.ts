/** Where APIs put their words, the most telling first. */
const keys = [
  "message",
  "Message",
  "error_description",
  "detail",
  "details",
  "description",
  "statusDescription",
  "error",
  "Error",
  "errors",
  "Errors",
  "title",
  "reason",
  "msg",
  "faultString",
];

/** The API's own words for a failure, found in its document; undefined where there are none. */
export function apiMessage(document: unknown, depth = 0): string | undefined {
  if (typeof document === "string") return document.trim() === "" ? undefined : document;
  if (typeof document !== "object" || document === null || depth > 4) return undefined;
  if (Array.isArray(document)) return first(document.slice(0, 5), depth);
  const known = keys
    .filter((key) => Object.hasOwn(document, key))
    .map((key) => (document as Record<string, unknown>)[key]);
  const found = first(known, depth);
  // The top of an XML document, or an envelope: look one level below, at objects only, so no datum passes for a message.
  return found ?? (depth < 2 ? first(Object.values(document).filter(isObject).slice(0, 5), depth) : undefined);
}

function first(parts: readonly unknown[], depth: number): string | undefined {
  for (const part of parts) {
    const found = apiMessage(part, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
