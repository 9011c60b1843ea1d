/** A service opens handles again and again, over the one signal that ends it. */
const graces = new WeakMap<AbortSignal, AbortSignal>();

/**
 * The signal for handles that write: it aborts a moment after the run's own. A write cut off on its way may still be
 * carried out by the other side, after the clean-up has looked; one that is let end is undone for certain.
 *
 * @param milliseconds a write may still take once the run is stopped. Default 3 000; of one signal, the first to ask decides.
 */
export function afterGrace(signal: AbortSignal, milliseconds = 3_000): AbortSignal {
  const known = graces.get(signal);
  if (known !== undefined) return known;
  const late = new AbortController();
  const begin = (): void => {
    setTimeout(() => late.abort(signal.reason), milliseconds).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  graces.set(signal, late.signal);
  return late.signal;
}
