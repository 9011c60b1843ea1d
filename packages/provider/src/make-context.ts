import type { ProviderContext } from "./context.ts";
import type { ProviderDefinition } from "./define.ts";
import { ProviderError } from "./errors.ts";
import { exchange } from "./exchange.ts";
import type { ProviderHost } from "./host.ts";
import { createHostCheck } from "./hosts.ts";
import { httpClient } from "./http-client.ts";
import type { HttpWorld } from "./http-world.ts";
import type { Masker } from "./mask.ts";
import { allOptions } from "./options.ts";
import { sdkCalls } from "./sdk-calls.ts";
import { sealError } from "./seal.ts";

/** What the context of one provider instance is made of. */
export interface ContextParts {
  readonly definition: ProviderDefinition;
  readonly instance: string;
  /** As `readOptions` read them. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly host: ProviderHost;
  readonly mask: Masker;
}

/** Makes the context a provider lives in: the host's world, narrowed to what its definition declares. */
export function makeContext(parts: ContextParts): ProviderContext {
  const { definition, host, mask } = parts;
  const world = createHttp(parts);
  return {
    http: world.http,
    fetch: world.fetch,
    sdk: world.sdk,
    signal: host.signal,
    sleep: (milliseconds) => host.sleep(milliseconds, host.signal),
    now: () => host.now(),
    async run(argv, { env = {}, timeoutMs = 60_000, stdin } = {}) {
      if (host.run === undefined) throw unsupported(definition, "programs cannot be run here");
      return host.run(argv, { env, timeoutMs, signal: host.signal, ...(stdin === undefined ? {} : { stdin }) });
    },
    async ask(message) {
      if (host.ask === undefined) throw unsupported(definition, "a person is needed, and nobody is there to be asked");
      await host.ask(mask(message), host.signal);
    },
    async readFile(path) {
      const text = await host.readFile(path);
      // A file somebody has to name in a provider's options holds keys.
      mask.add(text);
      return text;
    },
  };
}

/** Makes the HTTP side of a context: clients with retries, and the bare `fetch` under the same limits. */
export function createHttp({
  definition,
  instance,
  values,
  host,
  mask,
}: ContextParts): Pick<ProviderContext, "http" | "fetch" | "sdk"> {
  const { id, name, permissions } = definition;
  const options = allOptions(definition);
  const urls = Object.entries(options).flatMap(([option, { type }]) => {
    const value = values[option];
    return (type === "url" || option === "endpoint") && typeof value === "string" ? [value] : [];
  });
  const world: HttpWorld = {
    provider: id,
    name,
    permissions,
    options,
    endpoint: typeof values.endpoint === "string" ? values.endpoint : "",
    allow: createHostCheck({ urls, hosts: definition.hosts ?? [] }),
    mask,
    fetch: host.fetch,
    signal: host.signal,
    sleep: (milliseconds) => host.sleep(milliseconds, host.signal),
    now: () => host.now(),
    random: () => host.random(),
    ...(host.timeoutMs === undefined ? {} : { timeoutMs: host.timeoutMs }),
    ...(host.onRequest === undefined
      ? {}
      : { onRequest: (event) => host.onRequest?.({ ...event, provider: id, instance }) }),
  };
  return {
    http: (clientOptions) => httpClient(world, clientOptions),
    fetch: (input, init) => limitedFetch(world, new Request(input, init)),
    sdk: (explain) => sdkCalls(world, explain),
  };
}

const nullBody = new Set([101, 204, 205, 304]);

/** One request of an SDK: same hosts, same limits, no retries, redirects handed back. */
async function limitedFetch(world: HttpWorld, request: Request): Promise<Response> {
  const started = world.now();
  const url = new URL(request.url);
  const signal = AbortSignal.any([world.signal, request.signal]);
  let status: number | undefined;
  let error: string | undefined;
  try {
    world.allow(url);
    const body = request.body === null ? {} : { body: await request.arrayBuffer() };
    const init = { method: request.method, headers: request.headers, ...body };
    const raw = await exchange(url, init, {
      fetch: world.fetch,
      signal,
      timeoutMs: Math.min(30_000, world.timeoutMs ?? 30_000),
    });
    status = raw.status;
    const headers = new Headers(raw.headers);
    // The body is whole and decoded by now.
    for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
    return new Response(nullBody.has(raw.status) ? null : raw.bytes, { status: raw.status, headers });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const sealed = sealError(thrown, { provider: world.provider, mask: world.mask });
    error = sealed.code;
    throw sealed;
  } finally {
    world.onRequest?.({
      method: request.method,
      url: world.mask(`${url.origin}${url.pathname}`),
      tries: 1,
      milliseconds: world.now() - started,
      ...(status === undefined ? {} : { status }),
      ...(error === undefined ? {} : { error }),
    });
  }
}

function unsupported(definition: ProviderDefinition, what: string): ProviderError {
  return new ProviderError("PROVIDER_UNSUPPORTED", `${definition.name}: ${what}`, { provider: definition.id });
}
