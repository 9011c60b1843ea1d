import type { ProviderError } from "./errors.ts";
import { isCertwrightError } from "./errors.ts";
import { exchange } from "./exchange.ts";
import type { HttpClient, HttpOptions } from "./http.ts";
import type { HttpWorld, RequestEvent } from "./http-world.ts";
import { type HttpAnswer, interpret, mayChange, redirectOf } from "./interpret.ts";
import { type Call, credentialsOf, initOf, prepare } from "./outgoing.ts";
import { followPages } from "./pages.ts";
import { waitBeforeRetry } from "./retry.ts";
import { sealError } from "./seal.ts";
import { callUrl } from "./url.ts";

/** Milliseconds a call may take in all, tries and waits together. */
const wholeCall = 180_000;

/** The client a provider gets from `ctx.http(options)`. */
export function httpClient(world: HttpWorld, options: HttpOptions = {}): HttpClient {
  for (const secret of [...(options.mask ?? []), ...credentialsOf(options)]) world.mask.add(secret);
  const request = (method: string, to: string, call: Call = {}) => callApi(world, options, { method, to, call });
  const answered = async (method: string, to: string, call: Call = {}) => (await request(method, to, call)).reply;
  return {
    request,
    get: (to, call) => answered("GET", to, call),
    post: (to, body, call) => answered("POST", to, { ...call, body }),
    put: (to, body, call) => answered("PUT", to, { ...call, body }),
    patch: (to, body, call) => answered("PATCH", to, { ...call, body }),
    delete: (to, call) => answered("DELETE", to, call),
    pages: (to, paging) => followPages(request, to, paging),
  };
}

/** One call: tries until there is an answer, a final failure, or no time left. */
async function callApi(world: HttpWorld, options: HttpOptions, wanted: Wanted): Promise<HttpAnswer> {
  const started = world.now();
  let waited = 0;
  let renew = false;
  for (let tries = 1; ; tries++) {
    const left = started + wholeCall - world.now();
    const attempt = await tryOnce(world, options, wanted, { tries, renew, left });
    if ("answer" in attempt) return attempt.answer;
    const { error } = attempt;
    if (error.status === 401 && typeof options.bearer === "function" && !renew) {
      renew = true;
      continue;
    }
    const wait = waitBeforeRetry(error, { tries, waited, repeat: wanted.call.repeat ?? true, random: world.random() });
    if (wait === undefined || world.now() + wait >= started + wholeCall) throw error;
    waited += wait;
    await world.sleep(wait);
  }
}

/** What the provider asks for. */
interface Wanted {
  readonly method: string;
  readonly to: string;
  readonly call: Call;
}

interface Try {
  readonly tries: number;
  /** Whether the token of `bearer` was refused and a new one is needed. */
  readonly renew: boolean;
  /** Milliseconds until the whole call must be over. */
  readonly left: number;
}

async function tryOnce(
  world: HttpWorld,
  options: HttpOptions,
  { method, to, call }: Wanted,
  { tries, renew, left }: Try,
): Promise<{ readonly answer: HttpAnswer } | { readonly error: ProviderError }> {
  const started = world.now();
  const event: { -readonly [K in keyof RequestEvent]: RequestEvent[K] } = { method, url: "", tries, milliseconds: 0 };
  try {
    let url = callUrl(options.baseUrl ?? world.endpoint, to, options.query, call.query);
    const timeoutMs = Math.max(
      1,
      Math.min(options.timeoutMs ?? 30_000, world.timeoutMs ?? Number.POSITIVE_INFINITY, left),
    );
    for (let redirects = 0; ; redirects++) {
      event.url = world.mask(`${url.origin}${url.pathname}`);
      world.allow(url);
      const outgoing = await prepare(world, options, { method, url, call, renew });
      event.url = world.mask(`${outgoing.url.origin}${outgoing.url.pathname}`);
      const raw = await exchange(outgoing.url, initOf(outgoing, world), {
        fetch: world.fetch,
        signal: world.signal,
        timeoutMs,
      });
      event.status = raw.status;
      const next = redirectOf(raw, outgoing.url, method, redirects);
      if (next === undefined) return { answer: interpret(world, options, call, outgoing, raw) };
      url = next;
    }
  } catch (thrown) {
    if (world.signal.aborted) throw world.signal.reason;
    const error = sealError(mayChange(method, call) ? thrown : asCertain(thrown), {
      provider: world.provider,
      mask: world.mask,
    });
    event.error = error.code;
    return { error };
  } finally {
    event.milliseconds = world.now() - started;
    world.onRequest?.(event);
  }
}

/** What only reads cannot have changed anything, however it failed. */
function asCertain(thrown: unknown): unknown {
  return isCertwrightError(thrown) ? Object.assign(thrown, { uncertain: false }) : thrown;
}
