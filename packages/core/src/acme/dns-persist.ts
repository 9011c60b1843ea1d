import { type ChallengeRecord, dnsPersist01Record } from "./challenge.ts";

/** A standing record as it was read (draft-ietf-acme-dns-persist, in the grammar of RFC 8659 section 4.2). */
export interface StandingProof {
  /** In lower case. */
  readonly issuerDomainName: string;
  readonly accountUrl: string;
  /** `policy=wildcard`: wildcards and names below are covered too. */
  readonly wildcard: boolean;
  /** Seconds since 1970 after which it counts no more. */
  readonly until?: number;
}

/** What a standing record has to say to prove one name. */
export interface WantedProof {
  readonly issuerDomainNames: readonly string[];
  readonly accountUrl: string;
  readonly wildcard: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Longer than any real one; a TXT record may hold 64 KiB. */
const longestValue = 4096;

/**
 * Reads the value of a TXT record at `_validation-persist`; undefined for one that breaks the grammar, names no account,
 * or says one thing twice. Parameters not known here are left alone, as the draft asks.
 */
export function parseStandingProof(value: string): StandingProof | undefined {
  if (value.length > longestValue) return undefined;
  const [issuer = "", ...rest] = value.split(";").map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(issuer)) return undefined;
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [, tag, text] = /^([a-z0-9]+)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)$/i.exec(parameter) ?? [];
    if (tag === undefined || text === undefined || parameters.has(tag.toLowerCase())) return undefined;
    parameters.set(tag.toLowerCase(), text);
  }
  const accountUrl = parameters.get("accounturi") ?? "";
  const until = parameters.get("persistuntil");
  if (accountUrl === "" || (until !== undefined && !/^\d{1,12}$/.test(until))) return undefined;
  return {
    issuerDomainName: issuer.toLowerCase(),
    accountUrl,
    wildcard: parameters.get("policy")?.toLowerCase() === "wildcard",
    ...(until === undefined ? {} : { until: Number(until) }),
  };
}

/** Why a value does not prove what is wanted; undefined where it does. */
export function whyNoProof(value: string, wanted: WantedProof): string | undefined {
  const proof = parseStandingProof(value);
  if (proof === undefined) return "is no record of this kind";
  const { issuerDomainName, accountUrl, wildcard, until } = proof;
  if (!wanted.issuerDomainNames.some((name) => name.toLowerCase() === issuerDomainName)) {
    return `is for the CA ${issuerDomainName}`;
  }
  if (accountUrl !== wanted.accountUrl) return "is for another account";
  if (until !== undefined && until * 1000 < wanted.now) return "is over";
  if (wanted.wildcard && !wildcard) return "does not allow wildcards";
  return undefined;
}

/** True for a value that this account put there for this CA, whatever else it says. */
export function isOwnProof(value: string, { issuerDomainNames, accountUrl }: WantedProof): boolean {
  const proof = parseStandingProof(value);
  return proof !== undefined && proof.accountUrl === accountUrl && issuerDomainNames.includes(proof.issuerDomainName);
}

/** Where the standing record of a name is looked for; a wildcard has that of its base. */
export function standingProofName(domain: string): string {
  const at: Pick<ChallengeRecord, "name"> = dnsPersist01Record({
    domain: domain.replace(/^\*\./, ""),
    issuerDomainName: "",
    accountUrl: "",
    wildcard: false,
  });
  return at.name;
}
