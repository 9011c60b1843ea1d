import { HaproxyError, type HaproxyErrorDetails } from "../errors.ts";
import type { Api } from "./api.ts";
import type { Failure } from "./failure.ts";

/** The error for a failure that nothing else is to be made of. `what` says what was tried, for people. */
export function refusedByApi(
  { node: { id } }: Api,
  what: string,
  failure: Failure,
  certificate?: string,
): HaproxyError {
  const make = (code: HaproxyError["code"], message: string, details: HaproxyErrorDetails) =>
    new HaproxyError(code, message, { node: id, ...(certificate === undefined ? {} : { certificate }), ...details });
  switch (failure.kind) {
    case "denied":
      return make("HAPROXY_API_DENIED", `${id} refuses to let us in.`, {
        hint: "Check the user's name and password; the API takes them from the userlist in HAProxy's configuration, or the one it is given.",
      });
    case "busy":
      return failure.behind === undefined
        ? make("HAPROXY_BUSY", `${id} is being changed by somebody else (${what}).`, {
            retryable: true,
            hint: "Try again in a moment.",
          })
        : make("HAPROXY_TRANSACTION_OPEN", `A transaction for ${failure.behind} is open in ${id} and was not ended.`, {
            retryable: true,
            hint: `The API cannot end it: run "abort ssl cert ${failure.behind}" on HAProxy's own socket, upload ${failure.behind} again, or reload.`,
          });
    case "misdirected":
      return make(
        "HAPROXY_TRANSACTION_OPEN",
        `${id} put the certificate into the open transaction of ${failure.into}.`,
        {
          hint: `Do not commit that one: run "abort ssl cert ${failure.into}" on HAProxy's own socket, then push again. HAProxy 2.6 does this; later versions refuse instead.`,
        },
      );
    case "unknown":
      return make("HAPROXY_CERTIFICATE_UNKNOWN", `${id} has no certificate named ${certificate ?? "so"}.`, {
        hint: "Names are compared letter by letter with HAProxy's configuration. To add a new one, name a list.",
      });
    case "no-list":
      return make("HAPROXY_LIST_UNKNOWN", `${id} has no certificate list of the name given.`, {
        hint: 'Configure a directory or crt-list on the bind line, or "ssl-f-use" in the frontend, and reload once.',
      });
    case "split-key":
      return make(
        "HAPROXY_API_FAILED",
        `${id} cannot handle ${certificate ?? "it"}, whose key is in a file of its own.`,
        {
          hint: "Put certificate and key into one file, or use HAProxy's own socket.",
        },
      );
    case "too-big":
      return make("HAPROXY_BUFFER_TOO_SMALL", `The certificate is too large for the buffer of ${id}.`, {
        hint: "Raise tune.bufsize and restart HAProxy, or allow a reload with reload=yes.",
      });
    case "level":
      return make("HAPROXY_LEVEL", `${id} may not change certificates itself.`, {
        hint: 'Give the API a socket with "level admin", or the master\'s.',
      });
    case "reload-failed":
      return make("HAPROXY_RELOAD_FAILED", `${id} could not reload HAProxy${saying(failure.reason)}.`, {
        hint: "Nothing changed for clients. Check the configuration with haproxy -c, and the API's reload_cmd.",
      });
    case "rejected":
      return make("HAPROXY_REJECTED", `${id} refused ${what}${saying(failure.reason)}.`, {
        hint: `Check the chain, the key type, and the options of the list. If a transaction stayed open, "abort ssl cert" on HAProxy's own socket ends it.`,
      });
    case "no-runtime":
      return make("HAPROXY_NOT_RUNNING", `${id} cannot ask HAProxy${saying(failure.reason)}.`, {
        retryable: true,
        hint: "Start HAProxy, and name its socket to the API (a stats socket in the configuration, or master_runtime).",
      });
    case "listed":
    case "exists":
    case "absent":
      return make(
        "HAPROXY_API_FAILED",
        `${id} answers that ${what} is ${failure.kind === "absent" ? "not there" : "there already"}.`,
        {
          retryable: true,
          hint: "Somebody else changes the same files. Try again.",
        },
      );
    case "failed":
      return make(
        "HAPROXY_API_FAILED",
        `${id} failed with status ${failure.status} (${what})${saying(failure.reason)}.`,
        {
          retryable: failure.status >= 500,
          hint: "See the log of the Data Plane API.",
        },
      );
  }
}

function saying(reason: string): string {
  return reason === "" ? "" : `: ${reason.replace(/\.$/, "")}`;
}
