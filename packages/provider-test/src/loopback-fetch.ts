import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { otherHostPrefix } from "./fake-server.ts";

/** What {@link loopbackFetch} stands on. */
export interface Loopback {
  /** The fake server's. */
  readonly origin: string;
  /** Declared hosts besides the endpoint's. */
  readonly hosts: readonly string[];
  /** Where other hosts are noted. */
  readonly stray: string[];
  /** Takes what ends the caller's patience with a call. */
  readonly onTimeout: (expire: () => void) => void;
}

/**
 * A `fetch` that reaches the fake API and nothing else: the endpoint as it is, declared hosts by standing in for them.
 * Any other URL is noted and fails as an unreachable host would; nothing leaves the machine.
 */
export function loopbackFetch({ origin, hosts, stray, onTimeout }: Loopback): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.origin !== origin && !hosts.some((host) => fitsHost(host, url.hostname))) {
      stray.push(url.host);
      throw new TypeError("fetch failed", { cause: new Error(`${url.host} is not a declared host`) });
    }
    const own = url.origin === origin;
    const sent = own
      ? request
      : new Request(`${origin}${otherHostPrefix}${url.host}${url.pathname}${url.search}`, request);
    const expired = new Promise<never>((_, reject) => {
      const cause = Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
      onTimeout(() => reject(new TypeError("fetch failed", { cause })));
    });
    return await Promise.race([fetch(sent), expired]);
  };
}

function fitsHost(declared: string, host: string): boolean {
  return declared.startsWith("*.") ? host.endsWith(declared.slice(1)) : host === declared;
}

/**
 * Notes every request made past the context's `fetch`, by global fetch or node:http, to another origin, and tells of those to
 * this one, as they are made; call the result to stop.
 */
export function watchHosts(origin: string, stray: string[], onOwn: () => void): () => void {
  const onUndici = (message: unknown) => {
    const { request } = message as { request: { origin?: unknown } };
    if (String(request.origin) === origin) onOwn();
    else stray.push(new URL(String(request.origin)).host);
  };
  const onHttp = (message: unknown) => {
    const { request } = message as { request: { getHeader(name: string): unknown } };
    const host = String(request.getHeader("host"));
    if (`http://${host}` === origin) onOwn();
    else stray.push(host);
  };
  subscribe("undici:request:create", onUndici);
  subscribe("http.client.request.start", onHttp);
  return () => {
    unsubscribe("undici:request:create", onUndici);
    unsubscribe("http.client.request.start", onHttp);
  };
}
