import { isIP } from "node:net";
import type { Identifier, World } from "@certwright/core";
import { messageOf } from "@certwright/provider";
import { type Answer, ask } from "./ask.ts";
import { isInternal } from "./internal-address.ts";

/** What is to be found, and from where. */
export interface Wanted {
  readonly identifier: Identifier;
  /** Path of the URL, from the first slash. */
  readonly path: string;
  readonly body: string;
}

/** How it is looked for. */
export interface LookOptions {
  readonly resolver: World["resolver"];
  /** Ports a CA uses for `http:` and `https:`. Default: 80 and 443. */
  readonly ports?: { readonly http: number; readonly https: number };
  /** Milliseconds for one address, redirects and all. Default: 5000. */
  readonly timeoutMs?: number;
}

/**
 * What one address of a name says: `right`, `wrong` (it answers, with something else), or `unknown`: not reached from
 * here, which with address translation says little about what the CA will see.
 */
export interface Seen {
  readonly address: string;
  readonly state: "right" | "wrong" | "unknown";
  readonly detail: string;
}

const mostAddresses = 8;
const mostRedirects = 5;

/**
 * Asks every address of a name for the answer to its challenge, as a CA would. Redirects are followed a few times, to
 * http and https only, and never to an internal address that is not one of the name's own.
 *
 * @throws the signal's reason, and what looking the name up throws
 */
export async function lookForAnswer(
  { identifier, path, body }: Wanted,
  options: LookOptions,
  signal: AbortSignal,
): Promise<readonly Seen[]> {
  const { resolver } = options;
  const host = identifier.type === "ip" && identifier.value.includes(":") ? `[${identifier.value}]` : identifier.value;
  const own = await addressesOf(identifier.value, resolver, signal);
  const start = new URL(`http://${host}${path}`);
  return Promise.all(
    own.slice(0, mostAddresses).map(async (address): Promise<Seen> => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs ?? 5_000)]);
      try {
        return { address, ...(await follow(address, { start, own, body, options, signal: deadline })) };
      } catch (error) {
        signal.throwIfAborted();
        const detail = deadline.aborted ? "no answer in time" : messageOf(error);
        return { address, state: "unknown", detail };
      }
    }),
  );
}

type Outcome = Pick<Seen, "state" | "detail">;

interface Pursuit {
  readonly start: URL;
  /** Addresses of the name itself. */
  readonly own: readonly string[];
  readonly body: string;
  readonly options: LookOptions;
  readonly signal: AbortSignal;
}

async function follow(first: string, { start, own, body, options, signal }: Pursuit): Promise<Outcome> {
  const asked = new Set<string>();
  let url = start;
  let address = first;
  for (let step = 0; step <= mostRedirects; step += 1) {
    const port = portOf(url, options);
    if (port === undefined) return unknown(`it redirects to ${shown(url)}, a port CAs do not ask`);
    asked.add(url.href);
    const answer = await ask({ url, address, port, signal });
    const target = targetOf(answer, url);
    if (target === undefined) return judge(answer, body, url, start);
    if (!["http:", "https:"].includes(target.protocol) || target.username !== "" || target.password !== "") {
      return wrong(`it redirects to ${shown(target)}, which is no plain http or https URL`);
    }
    if (asked.has(target.href)) return wrong(`it redirects in a circle, to ${shown(target)}`);
    const next = (await addressesOf(bare(target), options.resolver, signal)).find(
      (candidate) => own.includes(candidate) || !isInternal(candidate),
    );
    if (next === undefined) return unknown(`it redirects to ${shown(target)}, which has no address that may be asked`);
    url = target;
    // The same name is asked at the same address: the others are looked at on their own.
    address = bare(target) === bare(start) ? first : next;
  }
  return unknown(`it redirects more than ${mostRedirects} times`);
}

function targetOf({ status, location }: Answer, base: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined || location.length > 2048) return undefined;
  return URL.canParse(location, base.href) ? new URL(location, base.href) : undefined;
}

function judge(answer: Answer, body: string, url: URL, start: URL): Outcome {
  const by = url === start ? "" : `, by a redirect to ${shown(url)}`;
  if (answer.status !== 200) return wrong(`it answers with status ${answer.status}${by}`);
  // RFC 8555 section 8.3: white space at the end does not count.
  if (answer.body.trimEnd() === body) return { state: "right", detail: "" };
  return wrong(`it answers ${JSON.stringify(answer.body.slice(0, 60))}${by}, and not with the answer to the challenge`);
}

async function addressesOf(name: string, resolver: World["resolver"], signal: AbortSignal): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  const looks = await Promise.allSettled(
    (["AAAA", "A"] as const).map((type) => resolver.query(name, type, { signal })),
  );
  signal.throwIfAborted();
  const found = looks.flatMap((look) =>
    look.status === "fulfilled"
      ? look.value.answers.flatMap((record) => (record.type === "A" || record.type === "AAAA" ? record.address : []))
      : [],
  );
  const failed = looks.find((look) => look.status === "rejected");
  if (found.length === 0 && failed !== undefined) throw failed.reason;
  return [...new Set(found)];
}

/** CAs ask port 80, and by redirect 443 (RFC 8555 section 8.3; Let's Encrypt refuses others). */
function portOf({ protocol, port }: URL, { ports = { http: 80, https: 443 } }: LookOptions): number | undefined {
  if (port === "") return protocol === "https:" ? ports.https : ports.http;
  const given = Number(port);
  return [80, 443, ports.http, ports.https].includes(given) ? given : undefined;
}

function bare({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function shown(url: URL): string {
  return url.href.slice(0, 200);
}

function wrong(detail: string): Outcome {
  return { state: "wrong", detail };
}

function unknown(detail: string): Outcome {
  return { state: "unknown", detail };
}
