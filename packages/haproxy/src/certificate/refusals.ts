import type { HaproxyErrorCode } from "../error-codes.ts";
import { HaproxyError, type HaproxyErrorDetails } from "../errors.ts";
import type { CertificateDetails } from "../runtime/listings.ts";
import { covers } from "../runtime/names.ts";
import { addCommand, type SetRequest, setCommand } from "../runtime/runtime.ts";
import type { Session } from "../runtime/session.ts";
import { frameRequest } from "../runtime/wire.ts";
import type { Bundle } from "./pem.ts";

/*
 * What must never be sent. HAProxy accepts an expired certificate, one for other names, and an EC key in an RSA slot
 * without a word, and some versions hang or abort on requests of certain sizes; so every check is ours.
 */

/** Clocks differ, and a CA may date a certificate to the second of its issue. */
const clockSkew = 60_000;

/**
 * Refuses a certificate that would break traffic wherever it is put.
 *
 * @throws HaproxyError HAPROXY_KEY_MISMATCH, HAPROXY_CERTIFICATE_EXPIRED, HAPROXY_CERTIFICATE_NOT_YET_VALID
 */
export function refuseBundle(bundle: Bundle, now: Date): void {
  refuseDates(bundle, now);
  if (!bundle.keyMatches) {
    throw new HaproxyError("HAPROXY_KEY_MISMATCH", "The private key does not belong to the certificate.", {
      hint: "Give the key the certificate was requested with, and the leaf as the first certificate of the chain.",
    });
  }
}

/**
 * The part of {@link refuseBundle} that only looks at the dates.
 *
 * @throws HaproxyError HAPROXY_CERTIFICATE_EXPIRED, HAPROXY_CERTIFICATE_NOT_YET_VALID
 */
export function refuseDates(bundle: Bundle, now: Date): void {
  if (bundle.notAfter <= now) {
    throw new HaproxyError(
      "HAPROXY_CERTIFICATE_EXPIRED",
      `The certificate expired at ${bundle.notAfter.toISOString()}.`,
      {
        hint: "Renew it first; if it should still be valid, check this machine's clock.",
      },
    );
  }
  if (bundle.notBefore.getTime() > now.getTime() + clockSkew) {
    throw new HaproxyError(
      "HAPROXY_CERTIFICATE_NOT_YET_VALID",
      `The certificate is valid only from ${bundle.notBefore.toISOString()}.`,
      { hint: "Push it later; if it should be valid already, check this machine's clock." },
    );
  }
}

/** What is known of the place a certificate is to be put. */
export interface Place {
  readonly node: string;
  /** Name in HAProxy. */
  readonly name: string;
  /** What is there now; absent for a certificate to add. */
  readonly present?: CertificateDetails;
  /** True where the caller means to give up names. */
  readonly allowFewerNames?: boolean;
}

/**
 * Refuses a certificate that does not fit the place: another key type than the name promises, or fewer names.
 *
 * @throws HaproxyError HAPROXY_KEY_TYPE, HAPROXY_NAMES_LOST
 */
export function refusePlace(bundle: Pick<Bundle, "names" | "keyType">, place: Place): void {
  const slot = /\.(rsa|ecdsa|dsa)$/.exec(place.name)?.[1];
  if (slot !== undefined && slot !== bundle.keyType) {
    throw refusal("HAPROXY_KEY_TYPE", place, `${place.name} is for ${slot} keys; this key is ${bundle.keyType}.`, {
      hint: "Clients that only know the other type would fail. Push to the file with the fitting ending.",
    });
  }
  const lost = (place.present?.names ?? []).filter((name) => !covers(bundle.names, name));
  if (lost.length > 0 && !place.allowFewerNames) {
    const shown = lost.length > 5 ? `${lost.slice(0, 5).join(", ")} and ${lost.length - 5} more` : lost.join(", ");
    throw refusal("HAPROXY_NAMES_LOST", place, `${place.name} serves names the new certificate lacks: ${shown}.`, {
      hint: "Issue the certificate with these names too, push it elsewhere, or allow fewer names explicitly.",
    });
  }
}

/** How large a request may be, and what counts as one. */
export interface SizeLimits {
  /** `tune.bufsize` in bytes. */
  readonly bufferSize: number;
  /** HAProxy's version, for example `3.2.26-1`. */
  readonly version: string;
  /** The session's command prefix. */
  readonly prefix: string;
}

/** How large a request to this worker may be. */
export function sizeLimits({ bufferSize, worker: { version }, prefix }: Session): SizeLimits {
  return { bufferSize, version, prefix };
}

// Payloads have their own limit from 3.4 on (tune.cli.max-payload-size), 128 KiB by default.
const payloadLimit = 128 * 1024;
// 2.6 aborts on a request of exactly this size; 3.5-dev5 waits for ever on any multiple of it.
const fatalSize = 16_384;

/**
 * The requests that carry a bundle to HAProxy: all in one, or the certificates first and the key after them where
 * only that fits (the other order is not understood).
 *
 * @throws HaproxyError HAPROXY_BUFFER_TOO_SMALL, HAPROXY_DANGEROUS_SIZE
 */
export function planRequests(bundle: Bundle, place: Place, limits: SizeLimits): readonly SetRequest[] {
  const whole = [{ name: place.name, pem: bundle.pem }];
  const split = [
    { name: place.name, pem: bundle.certificatesPem },
    { name: `${place.name}.key`, pem: bundle.keyPem },
  ];
  const possible = [whole, split].map((plan) => ({ plan, sizes: plan.map(sizeOf) }));
  const fitting = possible.filter(({ sizes }) => fits(sizes, limits));
  const chosen = fitting.find(({ sizes }) => !isFatal(sizes, limits));
  if (chosen) return chosen.plan;
  if (fitting.length === 0) {
    const needed = sizeOf({ name: place.name, pem: bundle.certificatesPem });
    throw tooLarge(place, "The certificate needs", needed, limits);
  }
  throw dangerous(place, "Issue the certificate again with another key or chain.");
}

/**
 * Refuses to send a line for a crt-list that HAProxy's buffer does not hold.
 *
 * @throws HaproxyError HAPROXY_BUFFER_TOO_SMALL, HAPROXY_DANGEROUS_SIZE
 */
export function refuseLine(list: string, line: string, place: Place, limits: SizeLimits): void {
  const size = Buffer.byteLength(frameRequest(addCommand(list), line));
  if (!fits([size], limits)) throw tooLarge(place, "The line with its options and filters needs", size, limits);
  if (isFatal([size], limits)) throw dangerous(place, "Leave out a filter, or add one.");
}

function fits(sizes: readonly number[], limits: SizeLimits): boolean {
  return sizes.every((size) => size <= largest(limits));
}

function sizeOf(request: SetRequest): number {
  return Buffer.byteLength(frameRequest(setCommand(request.name), request.pem));
}

function largest({ bufferSize, version }: SizeLimits): number {
  const [major = 0, minor = 0] = version.split(".").map(Number.parseFloat);
  const separate = major > 3 || (major === 3 && minor >= 4);
  return separate ? Math.max(bufferSize, payloadLimit) - 1 : bufferSize - 1;
}

// A master counts its "@1 " as part of the request, its worker does not.
function isFatal(sizes: readonly number[], { prefix }: SizeLimits): boolean {
  return sizes.some((size) => size % fatalSize === 0 || (size + prefix.length) % fatalSize === 0);
}

function tooLarge(place: Place, what: string, size: number, { bufferSize }: SizeLimits): HaproxyError {
  const message = `${what} a request of ${size + 1} bytes; HAProxy's buffer has ${bufferSize}.`;
  return refusal("HAPROXY_BUFFER_TOO_SMALL", place, message, {
    hint: `Set "tune.bufsize ${roundUp(size + 1)}" in the global section and restart HAProxy.`,
  });
}

function dangerous(place: Place, hint: string): HaproxyError {
  return refusal("HAPROXY_DANGEROUS_SIZE", place, `The request would be a multiple of ${fatalSize} bytes long.`, {
    hint: `Some versions of HAProxy hang or abort on that size. ${hint}`,
  });
}

function roundUp(bytes: number): number {
  return Math.max(32_768, 2 ** Math.ceil(Math.log2(bytes)));
}

function refusal(code: HaproxyErrorCode, place: Place, message: string, details: HaproxyErrorDetails): HaproxyError {
  return new HaproxyError(code, message, { node: place.node, certificate: place.name, ...details });
}
