/** Milliseconds a write at a DNS API may still take once the run is stopped. */
const grace = 3_000;

/**
 * The signal for handles that write: it aborts a moment after the run's own. A write cut off on its way may still be
 * carried out by the other side, after the clean-up has looked; one that is let end is undone for certain.
 */
export function afterGrace(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const begin = (): void => {
    setTimeout(() => late.abort(signal.reason), grace).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return late.signal;
}
