import { type CaaVerdict, caaPermits, findCaa, type Resolver } from "@certwright/dns";
import { CertwrightError, messageOf } from "@certwright/provider";
import type { ChallengeType, Identifier } from "../identifier.ts";
import { type Finding, finding } from "./finding.ts";

/** Who would issue, and how names would be proved. */
export interface CaaQuestion {
  /** `caaIdentities` of the CA's directory. */
  readonly issuers: readonly string[];
  readonly accountUrl: string | undefined;
  /** Challenge types that are configured; none: not chosen yet. */
  readonly methods: readonly ChallengeType[];
}

/** What the CAA records of one name mean for one CA. */
export interface CaaFinding {
  readonly name: string;
  /** Where the records stand; undefined where there are none, or they could not be looked up. */
  readonly at: string | undefined;
  readonly state: "permitted" | "forbidden" | "unknown";
  readonly reason: string;
  /** Configured methods the records rule out, while others are permitted. */
  readonly ruledOut: readonly ChallengeType[];
}

/** Looks at the CAA records that speak for each name, as the CA will (RFC 8659, RFC 8657). Addresses have none. */
export async function lookAtCaa(
  identifiers: readonly Identifier[],
  question: CaaQuestion,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<readonly CaaFinding[]> {
  const names = identifiers.filter(({ type }) => type === "dns").map(({ value }) => value);
  return await Promise.all(
    names.map(async (name): Promise<CaaFinding> => {
      try {
        const { name: at, records } = await findCaa(name, resolver, { signal });
        return { name, at, ...judge(name, records, question) };
      } catch (error) {
        const reason = messageOf(error);
        return { name, at: undefined, state: "unknown", reason, ruledOut: [] };
      }
    }),
  );
}

function judge(
  name: string,
  records: Parameters<typeof caaPermits>[0],
  { issuers, accountUrl, methods }: CaaQuestion,
): Pick<CaaFinding, "state" | "reason" | "ruledOut"> {
  const wildcard = name.startsWith("*.");
  // A wildcard is proved by DNS only: that http-01 is not ruled out helps it nothing.
  const usable = methods.filter((method) => !wildcard || method.startsWith("dns-"));
  const ask = (method?: ChallengeType): CaaVerdict =>
    caaPermits(records, { issuers, wildcard, accountUri: accountUrl, method });
  const verdicts = usable.map((method) => ({ method, ...ask(method) }));
  const ruledOut = verdicts.filter(({ permitted }) => !permitted).map(({ method }) => method);
  const deciding = verdicts.find(({ permitted }) => permitted) ?? verdicts[0] ?? ask();
  return { state: deciding.permitted ? "permitted" : "forbidden", reason: deciding.reason, ruledOut };
}

/** The same as findings for a person. */
export function caaFindings(looks: readonly CaaFinding[], ca: string): readonly Finding[] {
  return looks.flatMap(({ name, state, reason, ruledOut }) => {
    if (state === "unknown") {
      const message = `the CAA records that speak for ${name} cannot be looked up: ${reason}`;
      return [
        finding(
          "error",
          "DOCTOR_CAA_UNKNOWN",
          name,
          message,
          "Repair the name servers: a CA that cannot look CAA up must refuse.",
        ),
      ];
    }
    if (state === "forbidden") {
      const message = `${ca} may not issue for ${name}: ${reason}`;
      return [
        finding(
          "error",
          "DOCTOR_CAA_FORBIDS",
          name,
          message,
          "Add a CAA record that names this CA, or choose another with --server.",
        ),
      ];
    }
    if (ruledOut.length === 0) return [];
    const message = `${ca} may issue for ${name}, but not by ${ruledOut.join(", ")}`;
    return [
      finding("warning", "DOCTOR_CAA_METHOD", name, message, "Leave that way out, or allow it in validationmethods."),
    ];
  });
}

/** Milliseconds the look before an order may take in all. */
const patience = 3_000;

/**
 * Refuses a CA that CAA records forbid to issue, before an order is spent on it. Nothing that cannot be looked up in time
 * counts: the CA decides, this only saves it the work.
 *
 * @throws CertwrightError `ACME_CAA` naming each name and record
 */
export async function refuseForbidden(
  identifiers: readonly Identifier[],
  question: CaaQuestion,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<void> {
  if (question.issuers.length === 0) return;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const looks = await lookAtCaa(identifiers, question, resolver, bounded);
  signal.throwIfAborted();
  const forbidden = looks.filter(({ state }) => state === "forbidden");
  if (forbidden.length === 0) return;
  const reasons = forbidden.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  throw new CertwrightError("ACME_CAA", `CAA records forbid this CA to issue: ${reasons}`, {
    hint: `Add a CAA record that names ${question.issuers.join(" or ")}, or choose another CA. --force asks the CA all the same.`,
  });
}
