import { HaproxyError } from "../errors.ts";
import type { Refusal } from "./answers.ts";
import type { Session } from "./session.ts";

/** The error for a refusal that waiting does not mend. */
export function refused(session: Session, certificate: string, answer: Refusal): HaproxyError {
  const node = session.node.id;
  const about = { node, certificate };
  switch (answer.kind) {
    case "denied":
      return new HaproxyError("HAPROXY_LEVEL", `${node} does not let certificates be changed.`, {
        ...about,
        hint: 'Use a socket with "level admin" in its "stats socket" line.',
      });
    case "unknown":
      return new HaproxyError("HAPROXY_CERTIFICATE_UNKNOWN", `${node} has no certificate named ${certificate}.`, {
        ...about,
        hint: 'Names are compared letter by letter with the configuration; "show ssl cert" lists them. To add a new one, name a list.',
      });
    case "too-big":
      return new HaproxyError("HAPROXY_BUFFER_TOO_SMALL", `${certificate} is too large for the buffer of ${node}.`, {
        ...about,
        hint: "Raise tune.bufsize (and tune.cli.max-payload-size from HAProxy 3.4 on) and restart HAProxy.",
      });
    case "unsupported":
      return new HaproxyError(
        "HAPROXY_UNEXPECTED_ANSWER",
        `${node} runs HAProxy ${session.worker.version}, which lacks a command.`,
        {
          ...about,
          hint: "Use HAProxy 2.6 or later, built with OpenSSL.",
        },
      );
    case "rejected":
      return new HaproxyError("HAPROXY_REJECTED", `${node} refused ${certificate}: ${answer.reason}`, {
        ...about,
        hint: "Check that the chain has the leaf first and its issuers after it, and that HAProxy's OpenSSL knows the key type.",
      });
    case "locked":
    case "occupied":
      return new HaproxyError("HAPROXY_BUSY", `${node} is being changed by somebody else.`, {
        ...about,
        retryable: true,
        hint: "Try again in a moment.",
      });
  }
}
