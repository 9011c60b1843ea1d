import { ProviderError, parseXml } from "@certwright/provider";

/** A request as the AWS SDK hands it to its HTTP layer. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The AWS SDK's HTTP layer over the context's `fetch`. Good answers are XML to the end, or `PROVIDER_BAD_ANSWER`. */
export function requestHandler(fetch: typeof globalThis.fetch) {
  return {
    async handle(request: SdkRequest) {
      const { method, headers, body } = request;
      // These two are fetch's own business; they come out the same.
      const { host, "content-length": length, ...sent } = headers;
      const hasBody = typeof body === "string" || body instanceof Uint8Array;
      const response = await fetch(urlOf(request), {
        method,
        headers: sent,
        ...(hasBody ? { body: body as string | Uint8Array<ArrayBuffer> } : {}),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.ok) checkXml(bytes);
      return {
        response: { statusCode: response.status, headers: Object.fromEntries(response.headers), body: bytes },
      };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((item) => `${encodeURIComponent(key)}=${encodeURIComponent(String(item ?? ""))}`),
  );
  const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search}`;
}

/** The SDK reads half a document as a whole one, and a web page as an empty one. Content types vary; the top element does not. */
function checkXml(bytes: Uint8Array): void {
  const [top = ""] = Object.keys(parseXml(new TextDecoder().decode(bytes)));
  if (/Response$/.test(top)) return;
  throw new ProviderError("PROVIDER_BAD_ANSWER", "Route 53 answered with something that is not its XML", {
    hint: "Check the endpoint and what stands in front of it.",
  });
}
