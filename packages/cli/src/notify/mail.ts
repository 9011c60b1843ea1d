import type { SecretRef } from "@certwright/core";
import type { NotificationConfig } from "@certwright/core/config";
import { cliError } from "../errors.ts";
import { readSmallTextFile } from "../files.ts";
import type { Notice } from "./channel.ts";

type MailConfig = Extract<NotificationConfig, { email: unknown }>;

/** Milliseconds for each step of talking to the server. */
const patience = 15_000;
/** And for all of them: each line that comes renews the time for a step, and what follows waits for this message. */
const wholePatience = 60_000;

/**
 * Sends a notice by e-mail. `smtp:` must offer STARTTLS, so that neither password nor message travels in the clear.
 *
 * @throws CertwrightError `CLI_NOTIFY_FAILED`; what resolving the password throws
 */
export async function mailNotice(
  notice: Notice,
  { email, from, smtp }: MailConfig,
  label: string,
  resolveSecret: (ref: SecretRef) => Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  const { createTransport } = await import("nodemailer");
  const url = new URL(smtp.url);
  const isSecure = url.protocol === "smtps:";
  const pass = smtp.password === undefined ? undefined : await resolveSecret(smtp.password);
  const ca = smtp.caFile === undefined ? undefined : await readSmallTextFile(smtp.caFile);
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: true,
    ...(smtp.user === undefined || pass === undefined ? {} : { auth: { user: smtp.user, pass } }),
    tls: ca === undefined ? {} : { ca },
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    // A notice names no files and no URLs to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(wholePatience)]);
  try {
    const text = bodyOf(notice);
    await transport.sendMail({ from, to: [...email], subject: subjectOf(notice), text, signal: limit });
  } catch (cause) {
    signal.throwIfAborted();
    throw failed(label, cause);
  } finally {
    transport.close();
  }
}

/** The server's words may quote what we sent; the code alone is told. */
function failed(label: string, cause: unknown): Error {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const status = cause instanceof Error && "responseCode" in cause ? Number(cause.responseCode) : 0;
  const said = status > 0 ? ` (${status})` : code === "" ? "" : ` (${code})`;
  return cliError("CLI_NOTIFY_FAILED", `the mail server of ${label} did not take the message${said}`, {
    hint: "Look at its address, user and password, and whether it offers TLS.",
    // 5xx is final (RFC 5321 section 4.2.1), as is a refused login.
    retryable: code !== "EAUTH" && !(status >= 500),
  });
}

function subjectOf({ certificate, event, severity }: Notice): string {
  return `certwright: ${certificate} ${event}${severity === "info" ? "" : ` (${severity})`}`;
}

function bodyOf({ message, code, hint, notAfter, targets, host, time }: Notice): string {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["code", code],
    ["what to do", hint],
    ["ends", notAfter],
    ["targets", targets?.join(", ")],
    ["machine", host],
    ["time", time],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${message}\n\n${lines.join("\n")}\n`;
}
