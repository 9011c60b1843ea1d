import { parseRefusal, type Refusal, unexpected } from "../runtime/answers.ts";

/* The grammar of what HAProxy 3.2 and later answers to `acme` commands. */

/** One line of `acme status`. */
export interface AcmeRow {
  readonly certificate: string;
  readonly section: string;
  /** `Running` while an order is under way, also one that waits for records for ever. */
  readonly state: "Running" | "Scheduled" | "Stopped";
  readonly expires?: Date | undefined;
  /** When the next order is to begin. */
  readonly scheduled?: Date | undefined;
  /** Its moment has come, and nothing runs: the last order failed. HAProxy looks again after twelve hours only. */
  readonly overdue: boolean;
}

/** `acme status` */
export function parseAcmeStatus(text: string): readonly AcmeRow[] | Refusal {
  const refused = parseRefusal(text);
  if (refused) return refused;
  const [heading = "", ...lines] = text.split("\n");
  if (!heading.startsWith("# certificate\tsection\tstate\t")) throw unexpected("acme status", text);
  return lines.filter(Boolean).map((line) => {
    const [certificate = "", section = "", state = "", expires, , scheduled, scheduledIn = ""] = line.split("\t");
    if (certificate === "" || !isState(state)) throw unexpected("acme status", line);
    return {
      certificate,
      section,
      state,
      expires: dateOf(expires),
      scheduled: dateOf(scheduled),
      overdue: state === "Scheduled" && /^0d 0+h0+m0+s$/.test(scheduledIn.trim()),
    };
  });
}

export type ReadyAnswer =
  | { readonly kind: "ready"; readonly remaining: number }
  | { readonly kind: "already" }
  /** No order is under way that has this domain. */
  | { readonly kind: "not-found" }
  | Refusal;

/** `acme challenge_ready CERTIFICATE domain DOMAIN` */
export function parseReady(text: string): ReadyAnswer {
  if (/^\d+ '[^\n]*' challenge\(s\) ready! All challenges ready/.test(text)) return { kind: "ready", remaining: 0 };
  // 3.4 and later.
  if (/^'[^\n]*' challenges ready! All challenges ready/.test(text)) return { kind: "ready", remaining: 0 };
  const remaining = /ready! Remaining challenges to deploy: (\d{1,6})$/.exec(text)?.[1];
  if (remaining !== undefined) return { kind: "ready", remaining: Number(remaining) };
  if (/was already READY !$/.test(text)) return { kind: "already" };
  if (text.startsWith("Couldn't find the ACME task")) return { kind: "not-found" };
  const refused = parseRefusal(text);
  if (refused) return refused;
  throw unexpected("acme challenge_ready", text);
}

export type RenewAnswer =
  | { readonly kind: "started" }
  /** An order is under way. */
  | { readonly kind: "running" }
  | { readonly kind: "no-acme" }
  | Refusal;

/** `acme renew CERTIFICATE` */
export function parseRenew(text: string): RenewAnswer {
  if (text === "") return { kind: "started" };
  if (text.startsWith("Task already exists for ")) return { kind: "running" };
  if (text.startsWith("No ACME configuration defined for ")) return { kind: "no-acme" };
  if (text.startsWith("Can't find the certificate ")) return { kind: "unknown" };
  const refused = parseRefusal(text);
  if (refused) return refused;
  throw unexpected("acme renew", text);
}

function isState(text: string): text is AcmeRow["state"] {
  return text === "Running" || text === "Scheduled" || text === "Stopped";
}

function dateOf(text = ""): Date | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? new Date(text) : undefined;
}
