import type { FakeDns } from "./fake-dns.ts";
import type { ApiRequest } from "./request.ts";

/**
 * What one kind of request does: reads or changes the state, and answers. Not async, so that each request is atomic,
 * as it is in a real API. Throw a `Refusal` to refuse.
 */
export type Route = (request: ApiRequest, dns: FakeDns) => unknown;

/**
 * Routes by pattern: a method, a path under the endpoint with `:names`, and after `?` fields the query, or else the
 * form or JSON body, must have: `"GET /zones/:zone/records"`, `"POST /api?action=add"`. The first that fits answers.
 * A `*` as the last path segment fits any rest. A path may
 * be a whole URL of a declared host (`"POST https://login.example/token"`): the kit stands in for that host too.
 */
export type Routes = Readonly<Record<string, Route>>;

const marks = new WeakMap<Route, Set<"open" | "rare">>();

function marked(route: Route, mark: "open" | "rare"): Route {
  const same: Route = (request, dns) => route(request, dns);
  marks.set(same, new Set([...(marks.get(route) ?? []), mark]));
  return same;
}

/** A route that needs no authentication by `auth`: a log-in. */
export function open(route: Route): Route {
  return marked(route, "open");
}

/** A route that need not be used by the cases. Say why in a comment. */
export function rare(route: Route): Route {
  return marked(route, "rare");
}

/** One route, ready to match. */
export interface CompiledRoute {
  readonly pattern: string;
  readonly route: Route;
  readonly open: boolean;
  readonly rare: boolean;
  /** The request with its `params`, or undefined when it does not fit. */
  match(request: ApiRequest): ApiRequest | undefined;
}

/** Reads the patterns once. @throws Error for a pattern that makes no sense: a mistake in the test. */
export function compileRoutes(routes: Routes): readonly CompiledRoute[] {
  return Object.entries(routes).map(([pattern, route]) => {
    const [, method, path, fields = ""] = pattern.match(/^([A-Z]+) ((?:https:\/)?\/[^?]*)(?:\?(.*))?$/) ?? [];
    if (method === undefined || path === undefined) throw new Error(`"${pattern}" is no route pattern`);
    const source = path
      .split(/(:[A-Za-z]\w*|\*$)/)
      .map((part, index) =>
        index % 2 === 0 ? escapeRegExp(part) : part === "*" ? ".*" : `(?<${part.slice(1)}>[^/]+)`,
      );
    const fits = new RegExp(`^${source.join("")}$`);
    const wanted = [...new URLSearchParams(fields)];
    return {
      pattern,
      route,
      open: marks.get(route)?.has("open") ?? false,
      rare: marks.get(route)?.has("rare") ?? false,
      match(request) {
        const found = request.method === method ? fits.exec(request.path) : null;
        if (!found || (wanted.length > 0 && !hasFields(request, wanted))) return undefined;
        const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
        // Getters must survive, so no spread.
        return Object.create(request, {
          params: { value: Object.fromEntries(params), enumerable: true },
        }) as ApiRequest;
      },
    };
  });
}

function hasFields(request: ApiRequest, wanted: readonly (readonly [string, string])[]): boolean {
  const type = request.headers["content-type"] ?? "";
  let body: Readonly<Record<string, unknown>> = {};
  if (type.startsWith("application/x-www-form-urlencoded")) body = request.form;
  else if (/\bjson\b/.test(type) && request.text !== "") body = request.json ?? {};
  return wanted.every(([name, value]) => request.query[name] === value || String(body[name]) === value);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
