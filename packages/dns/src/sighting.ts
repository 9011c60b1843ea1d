import { isCertwrightError } from "@certwright/provider";
import { messageOf } from "./errors.ts";
import { type DnsAnswer, describeRcode } from "./message.ts";
import { isNoRoute } from "./transport.ts";

/**
 * What one server last said about one TXT value.
 *
 * It answers: `seen` (the value is there), `other` (only other values), `absent` (nothing), `alias` (a CNAME instead).
 * It is of no use: `servfail`, `refused`, `lame` (not authoritative for the name), `bad-answer`, `timeout`,
 * `unreachable`, and `no-route`, where it is this machine that has no way there.
 * Not heard of yet: `asking`.
 */
export type SightingState =
  | "asking"
  | "seen"
  | "other"
  | "absent"
  | "alias"
  | "servfail"
  | "refused"
  | "lame"
  | "bad-answer"
  | "timeout"
  | "unreachable"
  | "no-route";

/** A state with what a person wants to know beside it. */
export interface Observation {
  readonly state: SightingState;
  /** Other values, the CNAME's target, or the reason of a failure; may be empty. */
  readonly detail: string;
}

/** An answer or a failure to give one, before a value is looked for in it. */
export type Look = { readonly values: readonly string[]; readonly alias?: string } | Observation;

const refusals: ReadonlySet<string> = new Set(["REFUSED", "NOTAUTH"]);

/** Reads the answer to a TXT question; `recursive` says that a resolver was asked, which need not be authoritative. */
export function readLook(answer: DnsAnswer, name: string, recursive: boolean): Look {
  if (answer.rcode === "SERVFAIL") return { state: "servfail", detail: describeRcode(answer) };
  if (refusals.has(answer.rcode)) return { state: "refused", detail: describeRcode(answer) };
  if (answer.rcode !== "NOERROR" && answer.rcode !== "NXDOMAIN") {
    return { state: "bad-answer", detail: describeRcode(answer) };
  }
  if (!recursive && !answer.authoritative) return { state: "lame", detail: "it is not authoritative for the zone" };
  const values = answer.answers.flatMap((record) =>
    record.type === "TXT" && (recursive || record.name === name) ? record.value : [],
  );
  const cname = answer.answers.find((record) => record.type === "CNAME" && record.name === name);
  return cname?.type === "CNAME" && values.length === 0 ? { values, alias: cname.target } : { values };
}

/** Reads the failure to get an answer; rethrows what is no failure of the server. */
export function readFailure(error: unknown): Observation {
  if (!isCertwrightError(error)) throw error;
  const reason = messageOf(error.cause ?? error);
  switch (error.code) {
    case "DNS_TIMEOUT":
      return { state: "timeout", detail: "no answer in time" };
    case "DNS_UNREACHABLE":
      return { state: isNoRoute(error) ? "no-route" : "unreachable", detail: reason };
    case "DNS_TRUNCATED_TCP_FAILED":
      return { state: "bad-answer", detail: `it truncates its answer, and TCP fails: ${reason}` };
    default:
      return { state: "bad-answer", detail: reason };
  }
}

/** What a look says about one value. */
export function observe(look: Look, value: string): Observation {
  if ("state" in look) return look;
  if (look.values.includes(value)) return { state: "seen", detail: "" };
  if (look.alias !== undefined) return { state: "alias", detail: `it has a CNAME to ${look.alias} there` };
  if (look.values.length === 0) return { state: "absent", detail: "" };
  const shown = look.values.slice(0, 3).map((text) => JSON.stringify(text.slice(0, 80)));
  const more = look.values.length > shown.length ? ` and ${look.values.length - shown.length} more` : "";
  return { state: "other", detail: `${shown.join(", ")}${more}` };
}

/** A state as the end of a sentence about a server: "has other values: ...". */
export function describeSighting({ state, detail }: Observation): string {
  switch (state) {
    case "asking":
      return "was not heard of yet";
    case "seen":
      return "has the value";
    case "other":
      return `has only other values: ${detail}`;
    case "absent":
      return "has no TXT record there";
    case "alias":
      return detail;
    default:
      return `is of no use (${state}): ${detail}`;
  }
}
