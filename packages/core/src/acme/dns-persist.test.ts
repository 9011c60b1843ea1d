import { describe, expect, it } from "vitest";
import { dnsPersist01Record } from "./challenge.ts";
import { isOwnProof, parseStandingProof, standingProofName, type WantedProof, whyNoProof } from "./dns-persist.ts";

const accountUrl = "https://ca.test/acct/1";
const now = Date.parse("2026-11-24T00:00:00Z");
const wanted: WantedProof = { issuerDomainNames: ["ca.test", "ca.example"], accountUrl, wildcard: false, now };

describe("parseStandingProof", () => {
  it("reads back what is published", () => {
    const until = new Date(now);
    const { name, value } = dnsPersist01Record({
      domain: "a.test",
      issuerDomainName: "ca.test",
      accountUrl,
      wildcard: true,
      until,
    });
    expect(name).toBe(standingProofName("*.a.test"));
    expect(parseStandingProof(value)).toEqual({
      issuerDomainName: "ca.test",
      accountUrl,
      wildcard: true,
      until: now / 1000,
    });
  });

  it.each([
    ["nothing", ""],
    ["no account", "ca.test"],
    ["an empty account", "ca.test; accounturi="],
    ["two accounts", `ca.test; accounturi=${accountUrl}; AccountURI=${accountUrl}`],
    ["a blank in the CA's name", `ca test; accounturi=${accountUrl}`],
    ["no CA", `; accounturi=${accountUrl}`],
    ["a parameter without value", `ca.test; accounturi=${accountUrl}; policy`],
    ["a semicolon at the end", `ca.test; accounturi=${accountUrl};`],
    ["a date in words", `ca.test; accounturi=${accountUrl}; persistUntil=2027-01-01`],
    ["a date before 1970", `ca.test; accounturi=${accountUrl}; persistUntil=-1`],
    ["a control character", `ca.test; accounturi=https://x\u0007`],
    ["more than any record needs", `ca.test; accounturi=${"x".repeat(5000)}`],
  ])("refuses %s", (_what, value) => {
    expect(parseStandingProof(value)).toBeUndefined();
  });
});

describe("whyNoProof", () => {
  const own = `ca.test; accounturi=${accountUrl}`;

  it.each<[string, string, Partial<WantedProof>]>([
    ["the plain record", own, {}],
    ["capitals and blanks", `CA.Test \t;accountURI = ${accountUrl} ;  POLICY=WildCard`, { wildcard: true }],
    ["a policy nobody knows", `${own}; policy=other`, {}],
    ["a parameter nobody knows", `${own}; later=1`, {}],
    ["a date to come", `${own}; persistUntil=${now / 1000}`, {}],
  ])("takes %s", (_what, value, change) => {
    expect(whyNoProof(value, { ...wanted, ...change })).toBeUndefined();
  });

  it.each<[string, string, Partial<WantedProof>, string]>([
    ["another CA", `other.test; accounturi=${accountUrl}`, {}, "is for the CA other.test"],
    ["another account", "ca.test; accounturi=https://ca.test/acct/2", {}, "is for another account"],
    ["an account in other letters", `ca.test; accounturi=${accountUrl.toUpperCase()}`, {}, "is for another account"],
    ["a date that is over", `${own}; persistUntil=${now / 1000 - 1}`, {}, "is over"],
    ["no wildcard", own, { wildcard: true }, "does not allow wildcards"],
    ["a policy nobody knows, for a wildcard", `${own}; policy=all`, { wildcard: true }, "does not allow wildcards"],
    ["something else", "v=spf1 -all", {}, "is no record of this kind"],
  ])("refuses %s", (_what, value, change, why) => {
    expect(whyNoProof(value, { ...wanted, ...change })).toBe(why);
  });

  it("knows our own by CA and account alone", () => {
    expect(isOwnProof(`${own}; persistUntil=1`, wanted)).toBe(true);
    expect(isOwnProof(`ca.example; accounturi=${accountUrl}; policy=wildcard`, wanted)).toBe(true);
    expect(isOwnProof("ca.test; accounturi=https://ca.test/acct/2", wanted)).toBe(false);
    expect(isOwnProof("something else", wanted)).toBe(false);
  });
});
