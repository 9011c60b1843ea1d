import { createHash, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { parseAuthorization, parseChallenge } from "./authorization.ts";
import {
  dns01Record,
  dnsAccount01Record,
  dnsPersist01Record,
  http01Resource,
  keyAuthorization,
  tlsAlpn01Proof,
} from "./challenge.ts";
import { keyThumbprint } from "./keys.ts";
import { createSigner } from "./signer.ts";
import { ecThumbprint } from "./testing/fake-acme.ts";

const url = "https://ca.example/c/1";
const token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const thumbprint = "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
const proof = `${token}.${thumbprint}`;

test("the key authorization is token and thumbprint", () => {
  expect(keyAuthorization(token, thumbprint)).toBe(proof);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createSigner(privateKey);
  expect(signer.thumbprint).toBe(ecThumbprint(signer.jwk));
  expect(keyThumbprint(privateKey)).toBe(ecThumbprint(signer.jwk));
});

test("what each challenge type asks for", () => {
  const digest = createHash("sha256").update(proof).digest();
  expect(dns01Record("example.org", proof)).toEqual({
    name: "_acme-challenge.example.org",
    value: digest.toString("base64url"),
  });
  expect(http01Resource(token, proof)).toEqual({ path: `/.well-known/acme-challenge/${token}`, body: proof });
  expect(tlsAlpn01Proof({ type: "dns", value: "example.org" }, proof)).toEqual({ serverName: "example.org", digest });
  expect(() => http01Resource("other", proof)).toThrow(TypeError);
});

test("addresses are validated under their reverse names (RFC 8738 section 6)", () => {
  expect(tlsAlpn01Proof({ type: "ip", value: "192.0.2.7" }, proof).serverName).toBe("7.2.0.192.in-addr.arpa");
  expect(tlsAlpn01Proof({ type: "ip", value: "2001:db8::1" }, proof).serverName).toBe(
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
  expect(tlsAlpn01Proof({ type: "ip", value: "::" }, proof).serverName).toBe(`${"0.".repeat(32)}ip6.arpa`);
});

test("dns-account-01 has the label of the draft's example", () => {
  const account = "https://example.com/acme/acct/ExampleAccount";
  expect(dnsAccount01Record("www.example.org", proof, account).name).toBe(
    "_ujmmovf2vn55tgye._acme-challenge.www.example.org",
  );
});

test("dns-persist-01 says who may, for what, until when", () => {
  const base = { domain: "example.org", issuerDomainName: "ca.example", accountUrl: "https://ca.example/acct/1" };
  expect(dnsPersist01Record({ ...base, wildcard: false })).toEqual({
    name: "_validation-persist.example.org",
    value: "ca.example; accounturi=https://ca.example/acct/1",
  });
  expect(dnsPersist01Record({ ...base, wildcard: true, until: new Date("2100-01-01T00:00:00Z") }).value).toBe(
    "ca.example; accounturi=https://ca.example/acct/1; policy=wildcard; persistUntil=4102444800",
  );
});

test.each(["../../etc/passwd", "a/b", "a b", "a=", "", "a\nb", "ä", "x".repeat(513)])(
  "token %j is refused wherever it comes from",
  (bad) => {
    const error = expect.objectContaining({ code: "ACME_BAD_ANSWER" });
    expect(() => parseChallenge({ type: "http-01", url, status: "pending", token: bad })).toThrow(error);
    if (bad.length < 500) expect(() => keyAuthorization(bad, thumbprint)).toThrow(error);
  },
);

test("an authorization keeps the challenges it knows and names the others", () => {
  const authorization = parseAuthorization(
    {
      status: "pending",
      identifier: { type: "dns", value: "Example.org" },
      wildcard: true,
      expires: "2026-11-25T12:00:00.5+02:00",
      unknown: { field: 1 },
      challenges: [
        { type: "dns-01", url, status: "pending", token },
        { type: "future-07\u001b", status: {}, what: "ever" },
        { type: "dns-persist-01", url, status: "pending", "issuer-domain-names": ["CA.example"] },
        {
          type: "http-01",
          url,
          status: "invalid",
          token,
          error: { type: "urn:ietf:params:acme:error:dns", detail: "no" },
        },
      ],
    },
    "https://ca.example/z/1",
  );
  expect(authorization).toMatchObject({
    identifier: { type: "dns", value: "example.org" },
    wildcard: true,
    expires: new Date("2026-11-25T10:00:00.500Z"),
    otherTypes: ["future-07"],
    challenges: [
      { type: "dns-01", token },
      { type: "dns-persist-01", issuerDomainNames: ["ca.example"] },
      { type: "http-01", status: "invalid", error: { detail: "no" } },
    ],
  });
});

const pending = { status: "pending", identifier: { type: "dns", value: "a.example" }, challenges: [] };

test.each([
  [{ ...pending, status: "maybe" }, "ACME_BAD_ANSWER"],
  [{ ...pending, identifier: { type: "email", value: "a@b" } }, "ACME_BAD_ANSWER"],
  [{ ...pending, identifier: { type: "dns", value: "a\nb" } }, "ACME_BAD_ANSWER"],
  [{ ...pending, identifier: { type: "dns", value: "../a" } }, "ACME_BAD_ANSWER"],
  [{ ...pending, expires: "tomorrow" }, "ACME_BAD_ANSWER"],
  [{ ...pending, challenges: undefined }, "ACME_BAD_ANSWER"],
  [{ ...pending, challenges: Array(51).fill({}) }, "ACME_BAD_ANSWER"],
  [{ ...pending, challenges: [{ type: "dns-01", status: "pending", token }] }, "ACME_BAD_ANSWER"],
  [{ ...pending, challenges: [{ type: "dns-01", status: "pending", url }] }, "ACME_BAD_ANSWER"],
  [
    { ...pending, challenges: [{ type: "dns-01", url: "http://ca.example/c", status: "pending", token }] },
    "ACME_INSECURE_URL",
  ],
  [
    { ...pending, challenges: [{ type: "dns-persist-01", url, status: "pending", "issuer-domain-names": ["a; b"] }] },
    "ACME_BAD_ANSWER",
  ],
])("authorization %# is refused", (fields, code) => {
  expect(() => parseAuthorization(fields, url)).toThrow(expect.objectContaining({ code }));
});
