import { pause, StoreError } from "@certwright/core/store";
import { readBody } from "../read-body.ts";
import { unreachable } from "../unreachable.ts";
import type { CredentialWorld } from "./credentials.ts";

/** Whom a request for credentials goes to, and how long that may take. */
export interface Asking {
  /** `STS at https://...`, for errors. */
  readonly who: string;
  /** What to do where it does not answer. */
  readonly hint: string;
  /** Default 3. */
  readonly tries?: number;
  /** Milliseconds one try may take. Default 15 000: it only ends what hangs. */
  readonly timeoutMs?: number;
  /** Refusals that may be none a moment later, besides 429 and 5xx. */
  readonly passing?: (body: string) => boolean;
}

export interface Asked {
  readonly status: number;
  readonly body: string;
}

/** Bytes. */
const largestAnswer = 64 * 1024;
const retryMs = 200;

/**
 * Asks one of the places that give credentials. Redirects are not followed: what is sent is a secret.
 *
 * @throws StoreError `STORE_UNREACHABLE`, `STORE_FAILED`
 */
export async function ask(
  { fetch, random }: Pick<CredentialWorld, "fetch" | "random">,
  url: URL,
  init: Omit<RequestInit, "signal" | "redirect">,
  { who, hint, tries = 3, timeoutMs = 15_000, passing = () => false }: Asking,
): Promise<Asked> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOnce(fetch, url, { ...init, signal: AbortSignal.timeout(timeoutMs) }, who).catch(
      (cause: unknown) => {
        if (cause instanceof StoreError) throw cause;
        return unreachable(who, hint, cause);
      },
    );
    const error = answer instanceof StoreError ? answer : failureOf(answer, who, hint, passing);
    if (error === undefined && "status" in answer) return answer;
    if (attempt >= tries) throw error;
    await pause(retryMs * 2 ** (attempt - 1) * (0.5 + random() / 2));
  }
}

async function askOnce(fetch: CredentialWorld["fetch"], url: URL, init: RequestInit, who: string): Promise<Asked> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const tooLarge = () => new StoreError("STORE_FAILED", `${who} answered with more than credentials`);
  const body = await readBody(response, largestAnswer, tooLarge);
  return { status: response.status, body: Buffer.from(body).toString("utf8") };
}

function failureOf(
  { status, body }: Asked,
  who: string,
  hint: string,
  passing: (body: string) => boolean,
): StoreError | undefined {
  if (status !== 429 && status < 500 && !passing(body)) return undefined;
  return new StoreError("STORE_FAILED", `${who} answered ${status}`, { hint, retryable: true });
}
