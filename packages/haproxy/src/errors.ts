import { CertwrightError, type ErrorDetails } from "@certwright/provider";
import type { HaproxyErrorCode } from "./error-codes.ts";

/** Where a failure happened. */
export interface HaproxyErrorDetails extends ErrorDetails {
  /** Address of the node. */
  readonly node?: string;
  /** The certificate's name in HAProxy. */
  readonly certificate?: string;
}

/** Talking to HAProxy, or changing what it serves, failed. Never holds key material. */
export class HaproxyError extends CertwrightError {
  override readonly name: string = "HaproxyError";
  declare readonly code: HaproxyErrorCode;
  readonly node: string | undefined;
  readonly certificate: string | undefined;

  constructor(code: HaproxyErrorCode, message: string, details: HaproxyErrorDetails = {}) {
    super(code, message, details);
    this.node = details.node;
    this.certificate = details.certificate;
  }
}

/** True when the error carries one of the codes given, whichever copy of the class made it. */
export function hasCode(error: unknown, ...codes: readonly HaproxyErrorCode[]): boolean {
  return error instanceof Error && "code" in error && codes.some((code) => code === error.code);
}

/** The same error with one more sentence of what a person should know or do; any other as it is. */
export function addHint(error: unknown, sentence: string | undefined): unknown {
  if (!(error instanceof HaproxyError) || sentence === undefined) return error;
  const { code, message, node, certificate, cause, retryable } = error;
  return new HaproxyError(code, message, {
    ...(node === undefined ? {} : { node }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(cause === undefined ? {} : { cause }),
    retryable,
    hint: error.hint === undefined ? sentence : `${error.hint} ${sentence}`,
  });
}

/**
 * An excerpt of foreign text that is safe to show: one line, short, and without anything that looks like key
 * material. HAProxy echoes what it does not understand, and after a framing accident that can be a private key.
 */
export function excerpt(text: string): string {
  const line = text
    .replace(/-----BEGIN [\s\S]*?(?:-----END [^-]*-----|$)/g, "…")
    .replace(/[A-Za-z0-9+/=]{12,}/g, (run) => (looksEncoded(run) ? "…" : run))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be replaced
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

// File paths are made of the same characters as base64; what tells them apart is a capital in the middle of a word.
function looksEncoded(run: string): boolean {
  return run.length >= 48 || /[a-z0-9+][A-Z]/.test(run);
}
