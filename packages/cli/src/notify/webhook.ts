import type { SecretRef } from "@certwright/core";
import { cliError } from "../errors.ts";
import type { Notice } from "./channel.ts";

/** Where to, and how. */
export interface WebhookSettings {
  readonly label: string;
  readonly url: string | SecretRef;
  readonly headers: Readonly<Record<string, string | SecretRef>>;
  /** Seconds. */
  readonly timeout: number;
}

/** What a webhook needs of the world. */
export interface WebhookWorld {
  readonly fetch: typeof globalThis.fetch;
  readonly resolveSecret: (ref: SecretRef) => Promise<string>;
}

/**
 * Posts a notice as JSON. The URL may be a secret, so that no error shows more of it than the label it stands under.
 *
 * @throws CertwrightError `CLI_NOTIFY_FAILED`; what resolving secrets throws; the signal's reason
 */
export async function postNotice(
  notice: Notice,
  { label, url, headers, timeout }: WebhookSettings,
  { fetch, resolveSecret }: WebhookWorld,
  signal: AbortSignal,
): Promise<void> {
  const plain = async (value: string | SecretRef) => (typeof value === "string" ? value : await resolveSecret(value));
  const target = URL.parse(await plain(url));
  if (target === null || !isAllowed(target)) {
    throw cliError("CLI_NOTIFY_FAILED", `the webhook ${label} is no https: URL without credentials`, {
      hint: "Correct what its reference leads to.",
    });
  }
  const own = await Promise.all(
    Object.entries(headers).map(async ([name, value]) => [name, await plain(value)] as const),
  );
  let status: number;
  try {
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", ...Object.fromEntries(own) },
      body: JSON.stringify(notice),
      // A redirect would carry the headers to somewhere nobody named.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]),
    });
    await response.body?.cancel();
    status = response.status;
  } catch (cause) {
    signal.throwIfAborted();
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    const problem = isLate ? `did not answer within ${timeout} s` : "could not be reached";
    throw cliError("CLI_NOTIFY_FAILED", `the webhook ${label} ${problem}`, {
      hint: "Look at its service and at the network between.",
      retryable: true,
    });
  }
  if (status >= 200 && status < 300) return;
  throw cliError("CLI_NOTIFY_FAILED", `the webhook ${label} answered ${status}`, {
    hint: "Look at its URL and its headers.",
    retryable: status === 429 || status >= 500,
  });
}

function isAllowed({ protocol, hostname, username, password }: URL): boolean {
  if (username !== "" || password !== "") return false;
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  return protocol === "https:" || (protocol === "http:" && isLocal);
}
