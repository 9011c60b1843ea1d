/** Those that wait, in an order of their own: who is how far in front is told without looking at all of them. */
export interface Ranks {
  readonly size: number;
  /** How many go before this one: those of a lower order, and of the same those whose name comes first. Enters it, or moves it. */
  place(name: string, order: number): number;
  remove(name: string): void;
}

interface Place {
  readonly name: string;
  readonly order: number;
}

export function createRanks(): Ranks {
  const places: Place[] = [];
  const known = new Map<string, Place>();
  const remove = (name: string): void => {
    const place = known.get(name);
    if (place === undefined) return;
    known.delete(name);
    places.splice(before(places, place), 1);
  };
  return {
    get size() {
      return places.length;
    },
    place: (name, order) => {
      if (known.get(name)?.order !== order) remove(name);
      const place = known.get(name) ?? { name, order };
      const rank = before(places, place);
      if (!known.has(name)) places.splice(rank, 0, place);
      known.set(name, place);
      return rank;
    },
    remove,
  };
}

/** How many come before a place. */
function before(places: readonly Place[], { name, order }: Place): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = places[middle];
    const isBefore = other !== undefined && (other.order < order || (other.order === order && other.name < name));
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}
