import { createHash } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { CertwrightError } from "@certwright/provider";
import type { Identifier } from "../identifier.ts";
import { addressBytes } from "./address.ts";
import { badAnswer } from "./answer.ts";
import { type Challenge, parseChallenge } from "./authorization.ts";
import type { AcmeClient, CallOptions } from "./client.ts";

/** Tells the CA that a challenge can be checked (RFC 8555 section 7.5.1). */
export async function answerChallenge(
  client: AcmeClient,
  challenge: Challenge,
  { signal }: CallOptions = {},
): Promise<Challenge> {
  return parseChallenge((await client.post(challenge.url, {}, { signal })).json());
}

/** RFC 8555 section 8.1. @throws `ACME_BAD_ANSWER` for a token outside base64url. */
export function keyAuthorization(token: string, thumbprint: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw badAnswer("challenge", "has a token outside base64url");
  return `${token}.${thumbprint}`;
}

/** A TXT record that proves a name. */
export interface ChallengeRecord {
  /** Whole name, without a dot at the end. */
  readonly name: string;
  readonly value: string;
}

/** The `dns-01` record (RFC 8555 section 8.4). `domain` without `*.`. */
export function dns01Record(domain: string, keyAuthorization: string): ChallengeRecord {
  return { name: `_acme-challenge.${domain}`, value: digest(keyAuthorization).toString("base64url") };
}

/** The `dns-account-01` record (draft-ietf-acme-dns-account-label): a name of its own for each account. */
export function dnsAccount01Record(domain: string, keyAuthorization: string, accountUrl: string): ChallengeRecord {
  const label = base32(digest(accountUrl).subarray(0, 10));
  return { name: `_${label}._acme-challenge.${domain}`, value: digest(keyAuthorization).toString("base64url") };
}

/** What the standing record of `dns-persist-01` says. */
export interface PersistentProof {
  readonly domain: string;
  /** One of the challenge's `issuerDomainNames`. */
  readonly issuerDomainName: string;
  readonly accountUrl: string;
  /** True allows wildcards and names below `domain` too. */
  readonly wildcard: boolean;
  readonly until?: Date;
}

/** The `dns-persist-01` record (draft-ietf-acme-dns-persist), which stays between issuances. */
export function dnsPersist01Record(proof: PersistentProof): ChallengeRecord {
  const parts = [
    proof.issuerDomainName,
    `accounturi=${proof.accountUrl}`,
    ...(proof.wildcard ? ["policy=wildcard"] : []),
    ...(proof.until === undefined ? [] : [`persistUntil=${Math.floor(proof.until.getTime() / 1000)}`]),
  ];
  return { name: `_validation-persist.${proof.domain}`, value: parts.join("; ") };
}

/** What `http-01` serves on port 80 (RFC 8555 section 8.3). */
export interface HttpChallengeResource {
  /** Path of the URL, from the first slash. */
  readonly path: string;
  readonly body: string;
}

/** The `http-01` resource of a key authorization. */
export function http01Resource(token: string, keyAuthorization: string): HttpChallengeResource {
  if (!keyAuthorization.startsWith(`${token}.`)) throw new TypeError("the key authorization belongs to another token");
  return { path: `/.well-known/acme-challenge/${token}`, body: keyAuthorization };
}

/** What the certificate served for `tls-alpn-01` holds (RFC 8737 section 3). */
export interface TlsAlpnProof {
  /** The name the CA sends as SNI: the identifier itself, or the reverse name of an address (RFC 8738 section 6). */
  readonly serverName: string;
  /** SHA-256 of the key authorization, the content of the acmeIdentifier extension. */
  readonly digest: Buffer;
}

/** The `tls-alpn-01` proof of a key authorization. */
export function tlsAlpn01Proof(identifier: Identifier, keyAuthorization: string): TlsAlpnProof {
  const serverName = identifier.type === "ip" ? reverseName(identifier.value) : identifier.value;
  return { serverName, digest: digest(keyAuthorization) };
}

/** The name of an address in in-addr.arpa or ip6.arpa (RFC 1034, RFC 3596). */
function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  if (!isIPv6(address))
    throw new CertwrightError("ACME_UNSUPPORTED_IDENTIFIER", `${address} is not an address`, {
      hint: "Give an IPv4 or IPv6 address.",
    });
  const nibbles = addressBytes(address).toString("hex");
  return `${[...nibbles].reverse().join(".")}.ip6.arpa`;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** RFC 4648 section 6, lower case; ten bytes are sixteen characters, so there is no padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{5}/g) ?? [];
  return groups.map((group) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(group, 2)]).join("");
}
