import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { connect, isIP, isIPv6 } from "node:net";
import { isCertwrightError, untilAborted } from "@certwright/provider";
import { dnsError, messageOf } from "./errors.ts";
import { formatServer, type PlainServer } from "./server.ts";
import { badAnswer, longestMessage, malformed } from "./wire.ts";

/** Limits of one try on the network. */
export interface TransportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the try fails with DNS_TIMEOUT. */
  readonly timeoutMs: number;
}

/** Failures of the operating system that mean "this machine has no way there", and nothing about the server. */
const noRouteCodes = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** True for a DNS_UNREACHABLE that is this machine's fault, such as an IPv6 address on a machine without IPv6. */
export function isNoRoute(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && noRouteCodes.has(String(cause.code));
}

/**
 * Sends one datagram from a fresh port the kernel chooses at random, and gives the first answer `read` accepts.
 * The socket is connected: other hosts cannot answer, and a closed port is noticed at once. Datagrams `read` throws on
 * are ignored, since anybody can forge one; if nothing better comes, the last such error is the result.
 * @throws DNS_TIMEOUT, DNS_UNREACHABLE, whatever `read` throws, or the reason of the signal.
 */
export async function overUdp<T>(
  message: Buffer,
  server: PlainServer,
  read: (answer: Buffer) => T,
  options: TransportOptions,
): Promise<T> {
  const host = await addressOf(server, options.signal);
  return attempt<T>(server, options, (resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    let ignored: unknown;
    socket.on("error", (error) => reject(unreachable(server, error)));
    socket.on("message", (answer) => {
      try {
        resolve(read(answer));
      } catch (error) {
        ignored = from(server, error);
      }
    });
    socket.on("connect", () => socket.send(message));
    socket.connect(server.port, host);
    return { close: () => socket.close(), late: () => ignored };
  });
}

/**
 * Sends one message over a TCP connection of its own (RFC 7766) and reads the one that comes back.
 * @throws DNS_TIMEOUT, DNS_UNREACHABLE, DNS_BAD_ANSWER, whatever `read` throws, or the reason of the signal.
 */
export async function overTcp<T>(
  message: Buffer,
  server: PlainServer,
  read: (answer: Buffer) => T,
  options: TransportOptions,
): Promise<T> {
  const host = await addressOf(server, options.signal);
  return attempt<T>(server, options, (resolve, reject) => {
    const socket = connect({ host, port: server.port });
    let received = Buffer.alloc(0);
    socket.on("error", (error) => reject(unreachable(server, error)));
    socket.on("close", () => reject(from(server, cutShort())));
    socket.on("connect", () => socket.write(lengthPrefixed(message)));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      try {
        resolve(read(received.subarray(2, end)));
      } catch (error) {
        reject(from(server, error));
      }
    });
    return { close: () => socket.destroy(), late: () => undefined };
  });
}

/** A try under way: how to end it, and what to fail with instead of a time-out. */
interface Attempt {
  close(): void;
  late(): unknown;
}

/** Runs a try until it settles, its time is over or it is aborted; closes it exactly once, whatever ends it. */
function attempt<T>(
  server: PlainServer,
  { signal, timeoutMs }: TransportOptions,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => Attempt,
): Promise<T> {
  signal?.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    let started: Attempt | undefined;
    let settled = false;
    const settle = (report: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      started?.close();
      report();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const abort = (): void => fail(signal?.reason);
    const timer = setTimeout(() => fail(started?.late() ?? timedOut(server, timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", abort);
    try {
      started = start((value) => settle(() => resolve(value)), fail);
    } catch (error) {
      fail(unreachable(server, error));
    }
    if (settled) started?.close();
  });
}

async function addressOf(server: PlainServer, signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted();
  if (isIP(server.host) !== 0) return server.host;
  try {
    return (await untilAborted(lookup(server.host), signal)).address;
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(server, error);
  }
}

/** Says whose answer it was that could not be used. */
function from(server: PlainServer, error: unknown): unknown {
  if (!isCertwrightError(error) || error.code !== "DNS_BAD_ANSWER") return error;
  return badAnswer(`${formatServer(server)}: ${error.message}`, error);
}

function cutShort(): Error {
  return malformed("the connection was closed before it was complete");
}

function lengthPrefixed(message: Buffer): Buffer {
  if (message.length > longestMessage) throw new RangeError(`a DNS message of ${message.length} bytes cannot be sent`);
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}

function unreachable(server: PlainServer, cause: unknown): Error {
  return dnsError("DNS_UNREACHABLE", `${formatServer(server)} cannot be reached: ${messageOf(cause)}`, {
    hint: "Check that a DNS server listens there and that no firewall blocks port 53 over UDP and TCP.",
    cause,
    retryable: true,
  });
}

function timedOut(server: PlainServer, timeoutMs: number): Error {
  return dnsError("DNS_TIMEOUT", `${formatServer(server)} did not answer within ${timeoutMs} ms`, {
    hint: "Check that a DNS server listens there and that no firewall blocks port 53 over UDP and TCP.",
    retryable: true,
  });
}
