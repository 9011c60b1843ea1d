import { demand } from "./refusal.ts";

/** What a request asked for. Give the key the API uses: `page`, `offset` or `cursor` (undefined is the first page). */
export interface PageRequest {
  readonly page?: string | number | undefined;
  readonly offset?: string | number | undefined;
  /** A cursor is what `next` was on the page before. */
  readonly cursor?: string | undefined;
  /** The size asked for. */
  readonly size?: string | number | undefined;
  /** The largest size the vendor documents; a larger one is refused. */
  readonly max: number;
  /** The size when none is asked for; default `max`. */
  readonly standard?: number;
  /** The number of the first page: 1 (default) or 0. */
  readonly first?: 0 | 1;
}

/** One page and everything an API may say about it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly page: number;
  readonly pages: number;
  readonly total: number;
  readonly size: number;
  readonly offset: number;
  /** The next page's number, offset or cursor (as asked); undefined on the last page. */
  readonly next: string | undefined;
}

/** Cuts a list into pages. @throws Refusal 422 for a size over `max` or a page that is no number. */
export function paged<T>(items: readonly T[], request: PageRequest): Page<T> {
  const first = request.first ?? 1;
  const size = Number(request.size ?? request.standard ?? request.max);
  demand(
    Number.isInteger(size) && size > 0 && size <= request.max,
    `page size must be 1 to ${request.max}, not ${size}`,
  );
  const cursor = request.cursor?.match(/^after-(\d+)$/)?.[1];
  demand(request.cursor === undefined || request.cursor === "" || cursor !== undefined, "unknown cursor");
  const asked = Number(cursor ?? request.offset ?? (Number(request.page ?? first) - first) * size);
  demand(Number.isInteger(asked) && asked >= 0, "no such page");
  const end = asked + size;
  const page = Math.floor(asked / size) + first;
  const more = end < items.length;
  const next = "cursor" in request ? `after-${end}` : "offset" in request ? String(end) : String(page + 1);
  return {
    items: items.slice(asked, end),
    page,
    pages: Math.ceil(items.length / size),
    total: items.length,
    size,
    offset: asked,
    next: more ? next : undefined,
  };
}
