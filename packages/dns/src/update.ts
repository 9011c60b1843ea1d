import { randomInt } from "node:crypto";
import { dnsError } from "./errors.ts";
import { rcodeName } from "./message.ts";
import { formatServer, type PlainServer } from "./server.ts";
import { overTcp, overUdp } from "./transport.ts";
import { isSignedWith, readTsig, serverTimeOf, signRequest, type Tsig, tsigErrors } from "./tsig.ts";
import { readTsigKey, type TsigKey, type UsableTsigKey } from "./tsig-key.ts";
import { type TsigVerdict, updateFailure } from "./update-failure.ts";
import { encodeUpdate, type Update } from "./update-message.ts";
import { badAnswer, headerOf } from "./wire.ts";

/** How an update is sent. */
export interface SendUpdateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the server has to carry it out. Default: 10000. */
  readonly timeoutMs?: number | undefined;
  /** Default: `tcp`, which neither limits the size nor leaves open whether the update arrived. */
  readonly transport?: "tcp" | "udp" | undefined;
  /** This machine's clock in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * Sends a dynamic update (RFC 2136), signed with TSIG (RFC 8945) where a key is given, and checks the answer.
 * When it resolves the server has carried out the whole update; when it fails otherwise than by DNS_TIMEOUT or
 * DNS_BAD_ANSWER, nothing of it. Sending the same update again is harmless.
 * @throws DNS_UPDATE_*, DNS_TSIG_*, DNS_TIMEOUT, DNS_UNREACHABLE, DNS_BAD_ANSWER, DNS_BAD_NAME, or the signal's reason.
 */
export async function sendUpdate(
  update: Update,
  server: PlainServer,
  key: TsigKey | undefined,
  { signal, timeoutMs = 10_000, transport = "tcp", now = Date.now }: SendUpdateOptions = {},
): Promise<void> {
  const plain = encodeUpdate(update, randomInt(0x1_0000));
  const time = Math.floor(now() / 1000);
  const usable = key === undefined ? undefined : readTsigKey(key);
  const request = usable === undefined ? undefined : { key: usable, ...signRequest(plain, usable, time) };
  const send = transport === "tcp" ? overTcp : overUdp;
  const read = (bytes: Buffer): UpdateAnswer => readAnswer(bytes, plain, server, request);
  const { rcode, tsig } = await send(request?.signed ?? plain, server, read, { signal, timeoutMs });
  const failure = updateFailure({ rcode, tsig, update, server, key: usable, time });
  if (failure !== undefined) throw failure;
}

/** What a server said about an update. */
interface UpdateAnswer {
  readonly rcode: string;
  /** What it said about the signature; undefined where it did not sign. */
  readonly tsig: TsigVerdict | undefined;
}

/**
 * Reads the answer and checks its signature. A failure may come unsigned, because a server that does not know our key
 * cannot sign; that the update was carried out is believed only with a signature.
 */
function readAnswer(
  bytes: Buffer,
  query: Buffer,
  server: PlainServer,
  request: { readonly key: UsableTsigKey; readonly mac: Buffer } | undefined,
): UpdateAnswer {
  const { id, flags } = headerOf(bytes);
  const sent = headerOf(query);
  if (id !== sent.id || flags >> 11 !== (0x8000 | sent.flags) >> 11) {
    throw badAnswer("the DNS answer does not belong to the update");
  }
  const rcode = rcodeName(flags & 0xf);
  const tsig = readTsig(bytes);
  if (request === undefined || (tsig === undefined && rcode !== "NOERROR")) return { rcode, tsig: undefined };
  if (tsig === undefined) throw unverified(server, "is not signed");
  const verdict = verdictOf(tsig);
  const mayBeUnsigned = rcode !== "NOERROR" && verdict.error !== undefined;
  if (!mayBeUnsigned && !isSignedWith(request.key, tsig, request.mac))
    throw unverified(server, "has a wrong signature");
  return { rcode, tsig: verdict };
}

function verdictOf(tsig: Tsig): TsigVerdict {
  const { error, time, fudge } = tsig;
  const names: Readonly<Record<number, string>> = tsigErrors;
  const name = error === 0 ? undefined : (names[error] ?? `error ${error}`);
  return { error: name, time, fudge, serverTime: serverTimeOf(tsig) };
}

function unverified(server: PlainServer, what: string): Error {
  return dnsError("DNS_TSIG_UNVERIFIED", `the answer of ${formatServer(server)} to the update ${what}`, {
    hint: "Check that nothing between this machine and the server changes DNS messages, and that the key's algorithm is the same on both sides.",
  });
}
