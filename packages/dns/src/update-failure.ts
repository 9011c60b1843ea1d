import type { DnsErrorCode } from "./error-codes.ts";
import { dnsError } from "./errors.ts";
import { formatServer, type PlainServer } from "./server.ts";
import type { UsableTsigKey } from "./tsig-key.ts";
import type { Update } from "./update-message.ts";

/** The part of a TSIG record an outcome depends on. */
export interface TsigVerdict {
  readonly error: string | undefined;
  readonly time: number;
  readonly fudge: number;
  readonly serverTime: number | undefined;
}

/** What is known when it is decided how an update went. */
export interface UpdateOutcome {
  readonly rcode: string;
  readonly tsig: TsigVerdict | undefined;
  readonly update: Update;
  readonly server: PlainServer;
  readonly key: UsableTsigKey | undefined;
  /** This machine's clock when it signed, in seconds since 1970. */
  readonly time: number;
}

interface Failure {
  readonly code: DnsErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** The error an outcome means, with what to do; undefined for success. */
export function updateFailure(outcome: UpdateOutcome): Error | undefined {
  const failure = signatureFailure(outcome) ?? responseFailure(outcome);
  if (failure === undefined) return undefined;
  const { code, message, ...details } = failure;
  return dnsError(code, `${formatServer(outcome.server)} ${message}`, details);
}

function signatureFailure({ tsig, key, time }: UpdateOutcome): Failure | undefined {
  if (tsig === undefined || key === undefined) return undefined;
  const name = `the TSIG key ${key.name} (${key.algorithm})`;
  switch (tsig.error) {
    case undefined:
      return Math.abs(time - tsig.time) > tsig.fudge ? badTime(time, tsig.time) : undefined;
    case "BADKEY":
      return {
        code: "DNS_TSIG_BADKEY",
        message: `does not know ${name}`,
        hint: "Compare the key's name and algorithm with the server's configuration; both must be the same.",
      };
    case "BADTIME":
      return badTime(time, tsig.serverTime);
    default:
      return {
        code: "DNS_TSIG_BADSIG",
        message: `does not accept the signature made with ${name}: ${tsig.error}`,
        hint: "Copy the key's secret from the server's configuration again; it differs.",
      };
  }
}

function badTime(ours: number, theirs: number | undefined): Failure {
  const seconds = theirs === undefined ? "too far" : `${Math.abs(ours - theirs)} s`;
  const direction = theirs === undefined || ours > theirs ? "ahead of" : "behind";
  return {
    code: "DNS_TSIG_BADTIME",
    message: `and this machine disagree about the time: this clock is ${seconds} ${direction} the server's`,
    hint: "Set both clocks by NTP; TSIG allows five minutes.",
    retryable: true,
  };
}

function responseFailure({ rcode, tsig, update, key }: UpdateOutcome): Failure | undefined {
  const { zone } = update;
  const who = key === undefined ? "unsigned updates" : `the key ${key.name}`;
  switch (rcode) {
    case "NOERROR":
      return undefined;
    case "REFUSED":
      return {
        code: "DNS_UPDATE_REFUSED",
        message: `refused the update of ${zone}: its policy does not allow it to ${who}`,
        hint: "Allow it in the server's configuration (BIND: allow-update or update-policy; Knot: acl with action update).",
      };
    case "NOTAUTH":
      return tsig === undefined ? notAuthOrNotAllowed(zone, who) : notPrimary(zone);
    case "NOTZONE":
      return {
        code: "DNS_UPDATE_NOTZONE",
        message: `says that a name in the update is not in the zone ${zone}`,
        hint: "Correct the zone: it must be the one that holds the name.",
      };
    default:
      return {
        code: "DNS_UPDATE_FAILED",
        message: `did not carry out the update of ${zone}: ${rcode}`,
        hint: "See the server's log for the reason.",
        retryable: rcode === "SERVFAIL",
      };
  }
}

function notPrimary(zone: string): Failure {
  return {
    code: "DNS_UPDATE_NOTAUTH",
    message: `is not the primary server of ${zone}`,
    hint: "Send updates to the primary server of the zone, or correct the zone.",
  };
}

/** Knot answers alike, and without a signature, to an unknown key and to one it does not allow to update. */
function notAuthOrNotAllowed(zone: string, who: string): Failure {
  return {
    code: "DNS_UPDATE_NOTAUTH",
    message: `answered NOTAUTH: it is not the primary server of ${zone}, or does not accept ${who}`,
    hint: "Check that the server is the zone's primary, and compare the key's name, algorithm and permissions with its configuration.",
  };
}
