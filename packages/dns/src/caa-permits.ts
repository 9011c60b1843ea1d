import type { CaaRecord } from "./record.ts";

/** What is to be issued, by whom, and how it will be proven. */
export interface CaaRequest {
  /** The names the CA goes by in CAA records: `caaIdentities` of its directory, such as `letsencrypt.org`. */
  readonly issuers: readonly string[];
  /** True for a wildcard name. */
  readonly wildcard: boolean;
  /** The URL of the ACME account (RFC 8657 section 3). Not checked where it is not known yet. */
  readonly accountUri?: string | undefined;
  /** The challenge type, such as `dns-01` (RFC 8657 section 4). Not checked where it is not chosen yet. */
  readonly method?: string | undefined;
}

/** Whether a CA may issue, and why in one sentence. */
export interface CaaVerdict {
  readonly permitted: boolean;
  readonly reason: string;
}

/** The properties of RFC 8659 and the ones of RFC 9495 and the Baseline Requirements that do not concern TLS. */
const knownTags: ReadonlySet<string> = new Set([
  "issue",
  "issuewild",
  "iodef",
  "issuemail",
  "contactemail",
  "contactphone",
]);

/** Decides by the records {@link findCaa} found (RFC 8659 section 4, RFC 8657). */
export function caaPermits(records: readonly CaaRecord[], request: CaaRequest): CaaVerdict {
  const unknown = records.find(({ critical, tag }) => critical && !knownTags.has(tag));
  if (unknown !== undefined) return no(`${show(unknown)} is critical, and CAs do not know this tag`);

  const wild = records.filter(({ tag }) => tag === "issuewild");
  const relevant = request.wildcard && wild.length > 0 ? wild : records.filter(({ tag }) => tag === "issue");
  if (relevant.length === 0) return { permitted: true, reason: "no CAA record restricts who may issue" };

  const verdicts = relevant.map((record) => judge(record, request));
  const permitting = verdicts.find(({ permitted }) => permitted);
  return permitting ?? no(verdicts.map(({ reason }) => reason).join("; "));
}

function judge(record: CaaRecord, { issuers, accountUri, method }: CaaRequest): CaaVerdict {
  const property = parseIssue(record.value);
  if (property === undefined) return no(`${show(record)} is malformed, which forbids everybody`);
  const { issuer, parameters } = property;
  if (issuer === "") return no(`${show(record)} forbids everybody`);
  if (!issuers.some((own) => own.toLowerCase() === issuer)) return no(`${show(record)} names another CA`);

  const accounts = parameters.filter(([tag]) => tag === "accounturi");
  if (accounts.length > 1) return no(`${show(record)} has more than one accounturi, which no account satisfies`);
  const account = accounts[0]?.[1];
  if (account !== undefined && accountUri !== undefined && account !== accountUri) {
    return no(`${show(record)} names another account than ${accountUri}`);
  }
  const methods = parameters.filter(([tag]) => tag === "validationmethods");
  if (methods.length > 1) return no(`${show(record)} has more than one validationmethods`);
  const allowed = methods[0]?.[1].split(",");
  if (allowed !== undefined && method !== undefined && !allowed.includes(method)) {
    return no(`${show(record)} does not allow ${method}`);
  }
  return { permitted: true, reason: `${show(record)} permits it` };
}

interface IssueProperty {
  /** In lower case; empty where the property forbids everybody. */
  readonly issuer: string;
  readonly parameters: readonly (readonly [tag: string, value: string])[];
}

/** The grammar of RFC 8659 section 4.2; undefined for a value that breaks it. */
function parseIssue(value: string): IssueProperty | undefined {
  const [domain = "", ...rest] = value.split(";").map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
  if (!/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*)?$/i.test(domain)) return undefined;
  // One semicolon with nothing behind it is allowed: `;` and `ca.example;`.
  const written = rest.length === 1 && rest[0] === "" ? [] : rest;
  const parameters: [string, string][] = [];
  for (const parameter of written) {
    const match = /^([a-z0-9]+)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)$/i.exec(parameter);
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    parameters.push([match[1].toLowerCase(), match[2]]);
  }
  return { issuer: domain.toLowerCase(), parameters };
}

function show({ name, tag, value }: CaaRecord): string {
  return `the record ${name} CAA ${tag} ${JSON.stringify(value.slice(0, 200))}`;
}

function no(reason: string): CaaVerdict {
  return { permitted: false, reason };
}
