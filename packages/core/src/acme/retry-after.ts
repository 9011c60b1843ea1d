/** The longest pause any answer can ask for: 30 days, in seconds. */
export const longestRetryAfter = 30 * 86_400;

const httpDate =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d\d \d\d:\d\d:\d\d GMT|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

/**
 * The seconds a `Retry-After` field asks for (RFC 9110 section 10.2.3): a number of seconds or an HTTP-date.
 *
 * Never negative and never above {@link longestRetryAfter}: a date in the past is 0, whatever is absurdly far is the
 * longest pause. Absent or unreadable is undefined, so that the caller falls back to an interval of its own.
 *
 * @param now milliseconds since the epoch, as `Date.now()` gives them.
 */
export function parseRetryAfter(field: string | undefined, now: number): number | undefined {
  const text = field?.trim();
  if (!text || text.length > 64) return undefined;
  if (/^\d+$/.test(text)) return clamp(Number(text));
  if (!httpDate.test(text)) return undefined;
  // The asctime form carries no zone and means GMT as well.
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : clamp(Math.ceil((time - now) / 1000));
}

function clamp(seconds: number): number {
  return Math.min(Math.max(seconds, 0), longestRetryAfter);
}
