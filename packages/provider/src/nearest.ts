/** The known word a misspelt one most likely means, if any is close: at most a third of it, and three letters, differ. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const apart = distance(plain(word), plain(candidate), least);
    if (apart < least) {
      least = apart;
      best = candidate;
    }
  }
  return best;
}

/** Case and separators are no difference: `API-Token` is `apiToken`. */
const plain = (word: string): string => word.toLowerCase().replace(/[-_. ]/g, "");

/** Levenshtein distance, given up on as soon as it reaches `limit`. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + change));
    }
    row = next;
  }
  return row[other.length] as number;
}
