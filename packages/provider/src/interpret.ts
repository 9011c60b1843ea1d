import { apiMessage } from "./api-message.ts";
import { decodeBody } from "./body.ts";
import { isCertwrightError, ProviderError } from "./errors.ts";
import type { RawAnswer } from "./exchange.ts";
import type { HttpOptions, OutgoingRequest } from "./http.ts";
import type { HttpWorld } from "./http-world.ts";
import { printable } from "./mask.ts";
import type { Call } from "./outgoing.ts";
import { type Reply, reply } from "./reply.ts";
import { retryAfterSeconds } from "./retry.ts";
import { refusalError, statusError } from "./status-error.ts";

/** A call's answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly reply: Reply;
}

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a call may have changed something. `repeat: false` says so of the GET requests that some APIs change things by. */
export function mayChange(method: string, { repeat }: Call): boolean {
  return !safeMethods.has(method) || repeat === false;
}

/** Where to go on, for a redirect that keeps method, body and origin; an error for any other. */
export function redirectOf(raw: RawAnswer, url: URL, method: string, redirects: number): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(raw.status)) return undefined;
  const location = raw.headers.get("location") ?? "";
  const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
  const keeps = safeMethods.has(method) || raw.status >= 307;
  if (next !== undefined && next.origin === url.origin && keeps && redirects < 3) return next;
  const where = next === undefined ? "nowhere" : next.origin === url.origin ? "another place" : next.origin;
  throw new ProviderError(
    "PROVIDER_BAD_ANSWER",
    `${url.host} sends the request on to ${where}, which is not followed`,
    {
      status: raw.status,
      hint: "If the API has moved, set the endpoint to its new address.",
    },
  );
}

/** Decides what an answer means: a reply, or which error. */
export function interpret(
  world: HttpWorld,
  options: HttpOptions,
  call: Call,
  { method, url }: OutgoingRequest,
  raw: RawAnswer,
): HttpAnswer {
  const { status, headers } = raw;
  const request = world.mask(`${method} ${url.pathname}`);
  const wrap = (value: unknown, xml = false) => ({
    status,
    headers,
    reply: reply(value, { provider: world.provider, request, xml }),
  });
  if (status === 404 && Object.hasOwn(call, "absent")) return wrap(call.absent ?? null);
  const good = status >= 200 && status < 300;
  const accepted = good || (call.accept?.includes(status) ?? false);
  let body: ReturnType<typeof decodeBody> | undefined;
  try {
    body = decodeBody(raw, call.read ?? options.read);
  } catch (error) {
    if (good) throw badAnswer(error, world.name, request, status, mayChange(method, call));
  }
  const answer = wrap(body?.value ?? null, body?.xml ?? false);
  if (accepted && !good) return answer;
  const refusal = body === undefined ? undefined : options.check?.(answer.reply, answer);
  if (refusal instanceof Error) throw refusal;
  if (good && !refusal) return answer;
  const words = refusal ? refusal.message : apiMessage(body?.value);
  const failed = {
    request,
    status,
    retryAfter: refusal?.retryAfter ?? retryAfterSeconds(headers.get("retry-after"), world.now()),
    message: words === undefined ? undefined : printable(world.mask(words)),
    changes: mayChange(method, call),
  };
  throw refusal ? refusalError(refusal, failed, world) : statusError(failed, world);
}

function badAnswer(error: unknown, name: string, request: string, status: number, uncertain: boolean): unknown {
  if (!isCertwrightError(error)) return error;
  return new ProviderError("PROVIDER_BAD_ANSWER", `${name} answered ${request} with ${status}, but ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    status,
    uncertain,
    cause: error.cause,
  });
}
