import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readBundle } from "../certificate/pem.ts";
import { readIssuers, refuseIssuer } from "./issuer.ts";

const ca = createTestCa("Allowed");
const other = createTestCa("Other");
// Of the same names, so that only its signatures are wrong.
const twin = createTestCa("Allowed");
const allow = (pem: string) => ({ names: [], certificates: [], lists: [], issuers: readIssuers(pem) });
const site = ca.issue({ names: ["site.test"] });
const bundle = (chain: string, key = site.keyPem) => readBundle({ key, chain });
const refused = expect.objectContaining({ code: "HAPROXY_AGENT_ISSUER", hint: expect.any(String) });

test.each([
  ["its root", ca.rootPem],
  ["the CA that signed it", ca.intermediatePem],
  ["one of several", other.rootPem + ca.rootPem],
])("allowed: %s", (_, issuers) => refuseIssuer(bundle(site.fullchainPem), allow(issuers)));

test("every issuer, where none is named", () => {
  refuseIssuer(bundle(site.fullchainPem), { names: [], certificates: [], lists: [], issuers: [] });
});

test.each([
  ["another CA", other.issue({ names: ["site.test"] }).fullchainPem, ca.rootPem],
  ["one that bears its names", twin.issue({ names: ["site.test"] }).fullchainPem, ca.rootPem],
  ["a chain that does not lead there", site.leafPem, ca.rootPem],
  ["another's intermediate", site.leafPem + other.intermediatePem, ca.rootPem],
  ["the twin's intermediate", site.leafPem + twin.intermediatePem, twin.rootPem],
])("refused: %s", (_, chain, issuers) => {
  expect(() => refuseIssuer(bundle(chain), allow(issuers))).toThrow(refused);
});

test("a certificate that is no CA signs nothing", () => {
  // The site's own certificate comes along as if it were an issuer.
  expect(() =>
    refuseIssuer(bundle(other.issue({ names: ["x.test"] }).leafPem + site.fullchainPem), allow(ca.rootPem)),
  ).toThrow(refused);
});

test("a file without a CA is no list of them", () => {
  expect(() => readIssuers(site.keyPem)).toThrow("no certificate");
});
