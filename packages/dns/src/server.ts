import { Resolver } from "node:dns";
import { isIP, isIPv6 } from "node:net";
import { dnsError } from "./errors.ts";

/** A DNS server asked over UDP and TCP. */
export interface PlainServer {
  /** An IP address, or a host name the operating system resolves. */
  readonly host: string;
  readonly port: number;
  /** The name of the name server this address belongs to, for messages. */
  readonly name?: string;
  /** It looks elsewhere on our behalf, and need not be authoritative itself; only `watchTxt` minds. */
  readonly recursive?: boolean;
}

/** A DNS server asked over HTTPS (RFC 8484). */
export interface HttpsServer {
  readonly url: string;
}

/** A DNS server, however it is asked. */
export type DnsServer = PlainServer | HttpsServer;

/** True for a server asked over HTTPS. */
export function isHttpsServer(server: DnsServer): server is HttpsServer {
  return "url" in server;
}

/**
 * Reads `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:53`, `ns1.example.com:53` or an `https://` URL.
 * The port defaults to `defaultPort`, and that to 53.
 * @throws DNS_BAD_SERVER
 */
export function parseServer(text: string, defaultPort = 53): DnsServer {
  if (text.includes("://")) return { url: httpsUrl(text) };
  if (isIP(text) !== 0) return { host: text, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([a-zA-Z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  const bracketed = match?.[1] !== undefined;
  if (host === undefined || (bracketed && !isIPv6(host)) || port < 1 || port > 65_535) throw badServer(text);
  // A name whose last label is a number would be an address, and is none.
  if (isIP(host) === 0 && /(?:^|\.)\d+\.?$/.test(host)) throw badServer(text);
  return { host, port };
}

/** The server as a person writes it: `ns1.example.com (192.0.2.1:53)`, `[2001:db8::1]:53`, `https://dns.example/`. */
export function formatServer(server: DnsServer): string {
  if (isHttpsServer(server)) return server.url;
  const address = isIPv6(server.host) ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
  return server.name === undefined ? address : `${server.name} (${address})`;
}

/** The resolvers this machine is configured with now: those of `getServers` are the ones at the start of the process. */
export function systemServers(): DnsServer[] {
  return new Resolver().getServers().map((text) => parseServer(text));
}

function httpsUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== "https:") throw badServer(text);
  return new URL(text).href;
}

function badServer(text: string): Error {
  return dnsError("DNS_BAD_SERVER", `${JSON.stringify(text)} does not name a DNS server`, {
    hint: "Write an address with an optional port (192.0.2.1:53, [2001:db8::1]:53) or an https:// URL.",
  });
}
