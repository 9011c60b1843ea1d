import { expect, test } from "vitest";
import { acmeErrorCodes } from "./error-codes.ts";
import { AcmeProblem, isProblem, parseProblem } from "./problem.ts";
import { problemKind } from "./problem-kinds.ts";

const urn = (type: string): string => `urn:ietf:params:acme:error:${type}`;
const at = { url: "https://ca.example/order/1" };

// RFC 8555 section 6.7, RFC 9773 section 7.4, draft-ietf-acme-profiles section 5.
const registered = [
  ...["accountDoesNotExist", "alreadyRevoked", "badCSR", "badNonce", "badPublicKey", "badRevocationReason"],
  ...["badSignatureAlgorithm", "caa", "connection", "dns", "externalAccountRequired", "incorrectResponse"],
  ...["invalidContact", "malformed", "orderNotReady", "rateLimited", "rejectedIdentifier", "serverInternal", "tls"],
  ...[
    "unauthorized",
    "unsupportedContact",
    "unsupportedIdentifier",
    "userActionRequired",
    "alreadyReplaced",
    "invalidProfile",
  ],
];

test.each(registered)("%s has a code of its own with a meaning and a hint", (type) => {
  const { code, hint } = problemKind(urn(type));
  expect(code).not.toBe("ACME_PROBLEM");
  expect(acmeErrorCodes[code]).toMatch(/\.$/);
  expect(hint).toMatch(/\.$/);
});

test("the codes are all different", () => {
  expect(new Set(registered.map((type) => problemKind(urn(type)).code)).size).toBe(registered.length);
});

test.each([
  "urn:ietf:params:acme:error:__proto__",
  "urn:ietf:params:acme:error:constructor",
  "https://ca.example/probs/x",
  "",
  "badNonce",
])("%s is a problem of the CA's own", (type) => {
  expect(problemKind(type).code).toBe("ACME_PROBLEM");
});

test("a problem is recognised by its URN and not by its words", () => {
  const worded = new AcmeProblem(
    parseProblem({ type: urn("malformed"), detail: "JWS has an invalid anti-replay nonce: badNonce" }, 400),
    at,
  );
  expect(isProblem(worded, "badNonce")).toBe(false);
  expect(isProblem(new AcmeProblem(parseProblem({ type: urn("badNonce") }, 400), at), "badNonce")).toBe(true);
});

test.each([
  ["Account has been deactivated", "ACME_ACCOUNT_DEACTIVATED"],
  ['Account is not valid, has status "revoked"', "ACME_ACCOUNT_DEACTIVATED"],
  ["The key authorization of the account's challenge is wrong", "ACME_UNAUTHORIZED"],
])("unauthorized because %j is %s", (detail, code) => {
  const problem = new AcmeProblem(parseProblem({ type: urn("unauthorized"), detail }, 403), at);
  expect(problem.code).toBe(code);
  expect(isProblem(problem, "unauthorized")).toBe(true);
});

test("subproblems name their identifiers, one level deep", () => {
  const subproblem = {
    type: urn("caa"),
    detail: "CAA\u001b[31m forbids",
    identifier: { type: "dns", value: "a.example" },
  };
  const problem = new AcmeProblem(
    parseProblem(
      {
        type: urn("compound"),
        detail: "Errors",
        subproblems: [{ ...subproblem, subproblems: [subproblem] }, subproblem],
      },
      403,
    ),
    { ...at, retryAfter: 60 },
  );
  expect(problem).toMatchObject({ code: "ACME_CAA", status: 403, retryAfter: 60, retryable: true, url: at.url });
  expect(problem.message).toBe("Errors (a.example: CAA [31m forbids; a.example: CAA [31m forbids)");
  expect(problem.subproblems[0]).toMatchObject({ identifier: { type: "dns", value: "a.example" }, subproblems: [] });
});

test("a compound of several kinds keeps no single code", () => {
  const document = parseProblem({
    type: urn("compound"),
    detail: "x",
    subproblems: [{ type: urn("caa") }, { type: urn("dns") }],
  });
  expect(new AcmeProblem(document, at).code).toBe("ACME_PROBLEM");
});

test("a paused name shows the link that resumes it", () => {
  const link = "https://portal.ca.example/sfe/v1/unpause?jwt=ey.J";
  const paused = new AcmeProblem(
    parseProblem({ type: urn("rateLimited"), detail: `Temporarily prevented. Please visit: ${link}.` }, 429),
    at,
  );
  expect(paused).toMatchObject({ code: "ACME_PAUSED", instance: link, retryable: false });
  expect(paused.hint).toContain(link);
  const limited = new AcmeProblem(parseProblem({ type: urn("rateLimited"), detail: "too many certificates" }, 429), at);
  expect(limited).toMatchObject({ code: "ACME_RATE_LIMITED", instance: undefined, retryable: true });
});

test("new terms of service name their page", () => {
  const problem = new AcmeProblem(
    parseProblem({ type: urn("userActionRequired"), detail: "agree", instance: "https://ca.example/tos/2" }, 403),
    at,
  );
  expect(problem.hint).toContain("https://ca.example/tos/2");
  expect(parseProblem({ type: urn("userActionRequired"), instance: "javascript:alert(1)" }).instance).toBeUndefined();
});

test.each([
  undefined,
  null,
  7,
  "text",
  [],
  { type: 7, detail: {}, subproblems: "x", identifier: 3 },
  { subproblems: [null, 4] },
])("%j is still read", (value) => {
  const problem = new AcmeProblem(parseProblem(value, 500), at);
  expect(problem).toMatchObject({ type: "about:blank", code: "ACME_PROBLEM" });
  expect(problem.message).not.toBe("");
});
