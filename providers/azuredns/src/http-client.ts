import { ProviderError } from "@certwright/provider";

/** A request as Azure's SDK hands it to its HTTP layer. */
interface SdkRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: { toJSON(): Record<string, string> };
  readonly body?: unknown;
}

/** Headers as Azure's SDK reads them. */
interface SdkHeaders extends Iterable<[string, string]> {
  get(name: string): string | undefined;
  has(name: string): boolean;
  set(name: string, value: string | number | boolean): void;
  delete(name: string): void;
  toJSON(): Record<string, string>;
}

/**
 * Azure's SDK's HTTP layer over the context's `fetch`. Good answers are JSON to the end, or `PROVIDER_BAD_ANSWER`.
 * Requests to the https form of `endpoint` go to `endpoint` itself.
 */
export function httpClient(fetch: typeof globalThis.fetch, endpoint: string) {
  const { origin } = new URL(endpoint);
  const secure = origin.replace(/^http:/, "https:");
  return {
    async sendRequest<R extends SdkRequest>(request: R) {
      const url = request.url.startsWith(`${secure}/`) ? `${origin}${request.url.slice(secure.length)}` : request.url;
      const { "content-length": length, "accept-encoding": encoding, ...headers } = request.headers.toJSON();
      const body = typeof request.body === "string" ? { body: request.body } : {};
      const response = await fetch(url, { method: request.method, headers, ...body });
      const bodyAsText = await response.text();
      if (response.ok && bodyAsText !== "") checkJson(bodyAsText);
      return { request, status: response.status, headers: sdkHeaders(response.headers), bodyAsText };
    },
  };
}

function sdkHeaders(headers: Headers): SdkHeaders {
  return {
    get: (name) => headers.get(name) ?? undefined,
    has: (name) => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: (name) => headers.delete(name),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers.entries(),
  };
}

/** The SDK takes a web page for an empty answer. */
function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new ProviderError("PROVIDER_BAD_ANSWER", "Azure answered with something that is not JSON", {
      hint: "Check the endpoint and what stands in front of it.",
    });
  }
}
