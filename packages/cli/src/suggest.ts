/** The known words a person may have meant, nearest first; none when nothing is near. */
export function nearest(word: string, known: Iterable<string>): readonly string[] {
  const typed = word.toLowerCase();
  const limit = Math.max(1, Math.floor(typed.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: distance(typed, candidate.toLowerCase(), limit) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map((entry) => entry.candidate);
}

/** `Did you mean a, b or c?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const found = nearest(word, known);
  const last = found.at(-1);
  if (last === undefined) return undefined;
  return `Did you mean ${found.length === 1 ? last : `${found.slice(0, -1).join(", ")} or ${last}`}?`;
}

/** Edits from one word to the other, where two swapped neighbours count as one; a word that goes on (cloudfl) is near too. */
function distance(typed: string, candidate: string, limit: number): number {
  if (typed.length >= 3 && candidate.startsWith(typed)) return Math.min(limit, candidate.length - typed.length);
  if (Math.abs(typed.length - candidate.length) > limit) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: candidate.length + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row++) {
    const current = [row];
    for (let column = 1; column <= candidate.length; column++) {
      const same = typed[row - 1] === candidate[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (typed[row - 1] === candidate[column - 2] && typed[row - 2] === candidate[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, candidate.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
