import { type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { isIP } from "node:net";

/** One request, to one address, so that nothing is looked up behind our back. */
export interface Ask {
  readonly url: URL;
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** What came back, as far as it matters here. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** The beginning of the body. */
  readonly body: string;
}

/** Far more than a key authorization is long. */
const longestBody = 4096;

/** GET without proxy, cookie or trust in certificates: a CA asks no other way (RFC 8555 section 8.3). */
export function ask({ url, address, port, signal }: Ask): Promise<Answer> {
  const name = url.hostname.replace(/^\[|\]$/g, "");
  const options = {
    host: address,
    port,
    path: `${url.pathname}${url.search}`,
    setHost: false,
    headers: { Host: url.host, "User-Agent": "certwright", Accept: "*/*" },
    agent: false as const,
    signal,
    maxHeaderSize: 16_384,
  };
  return new Promise((resolve, reject) => {
    const receive = (response: IncomingMessage): void => {
      let body = "";
      const finish = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location,
          body: body.slice(0, longestBody),
        });
      response.setEncoding("latin1");
      response.on("data", (text: string) => {
        body += text;
        if (body.length <= longestBody) return;
        finish();
        response.destroy();
      });
      response.once("end", finish);
      response.once("error", reject);
      response.once("aborted", () => reject(new Error("it ended in the middle of its answer")));
    };
    const outgoing =
      url.protocol === "https:"
        ? overHttps(
            { ...options, rejectUnauthorized: false, ...(isIP(name) === 0 ? { servername: name } : {}) },
            receive,
          )
        : overHttp(options, receive);
    outgoing.once("error", reject);
    outgoing.end();
  });
}
