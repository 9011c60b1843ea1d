import { untilAborted } from "./until-aborted.ts";

/** Work under way that several callers wait for. */
interface Flight<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Runs `work` for a key, or joins the run of the same key that is under way. */
export type SingleFlight<T> = (
  key: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Lets callers who want the same thing at the same time share one run of it.
 * A caller who aborts leaves alone; the run itself is aborted when the last of them has left.
 */
export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function depart(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const abort = new AbortController();
    const result = work(abort.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Flight<T> = { result, abort, waiting: 0 };
    // All callers may have left when it fails, and nobody is told then.
    result.catch(() => {});
    flights.set(key, flight);
    return flight;
  }

  return async (key, signal, work) => {
    signal?.throwIfAborted();
    const flight = flights.get(key) ?? depart(key, work);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        flight.abort.abort();
        if (flights.get(key) === flight) flights.delete(key);
      }
    }
  };
}
