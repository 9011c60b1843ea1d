/** Keys of the state whose values are moments, in milliseconds since 1970. */
const moments = new Set([
  ...["issuedAt", "notBefore", "notAfter", "createdAt", "at"],
  ...["start", "end", "chosen", "nextCheck", "nextTry"],
]);

/** What is stored as programs are told it: moments are ISO 8601, as in all our output. */
export function withMoments<T extends object>(stored: T): Readonly<Record<string, unknown>> {
  return JSON.parse(
    JSON.stringify(stored, (key, value) =>
      typeof value === "number" && moments.has(key) ? new Date(value).toISOString() : value,
    ),
  );
}
