import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { CertificateDetails } from "../runtime/listings.ts";
import { frameRequest } from "../runtime/wire.ts";
import { readBundle } from "./pem.ts";
import { planRequests, refuseBundle, refuseLine, refusePlace } from "./refusals.ts";

const ca = createTestCa("Refusals");
const now = new Date("2027-01-01T00:00:00Z");
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const bundleOf = (options: Partial<Parameters<typeof ca.issue>[0]> = {}) => {
  const issued = ca.issue({ names: ["a.test"], notBefore: at(-3600), notAfter: at(3600), ...options });
  return readBundle({ key: issued.keyPem, chain: issued.fullchainPem });
};
const code = (value: string) => expect.objectContaining({ code: value, hint: expect.any(String) });

test("dates and key", () => {
  expect(() => refuseBundle(bundleOf(), now)).not.toThrow();
  expect(() => refuseBundle(bundleOf({ notBefore: at(30) }), now)).not.toThrow();
  expect(() => refuseBundle(bundleOf({ notBefore: at(120) }), now)).toThrow(code("HAPROXY_CERTIFICATE_NOT_YET_VALID"));
  expect(() => refuseBundle(bundleOf({ notAfter: at(0) }), now)).toThrow(code("HAPROXY_CERTIFICATE_EXPIRED"));
  expect(() => refuseBundle({ ...bundleOf(), keyMatches: false }, now)).toThrow(code("HAPROXY_KEY_MISMATCH"));
});

describe("the place", () => {
  const present = (names: readonly string[]): CertificateDetails => ({
    name: "/a.pem",
    status: "Used",
    names,
    chainSubjects: [],
  });
  const place = { node: "n", name: "/a.pem" };

  test("names that are there stay, if only under a wildcard", () => {
    const bundle = bundleOf({ names: ["a.test", "*.b.test"] });
    for (const names of [[], ["a.test"], ["a.test", "x.b.test"], ["*.b.test"]]) {
      expect(() => refusePlace(bundle, { ...place, present: present(names) })).not.toThrow();
    }
    const lost = { ...place, present: present(["a.test", "b.test", "c.test"]) };
    expect(() => refusePlace(bundle, lost)).toThrow(/lacks: b\.test, c\.test\./);
    expect(() => refusePlace(bundle, lost)).toThrow(code("HAPROXY_NAMES_LOST"));
    expect(() => refusePlace(bundle, { ...lost, allowFewerNames: true })).not.toThrow();
  });

  test("the key type fits the ending", () => {
    expect(() => refusePlace(bundleOf(), { ...place, name: "/a.pem.ecdsa" })).not.toThrow();
    expect(() => refusePlace(bundleOf(), { ...place, name: "/a.pem.rsa" })).toThrow(code("HAPROXY_KEY_TYPE"));
    expect(() => refusePlace(bundleOf({ keyType: "rsa" }), { ...place, name: "/a.pem.rsa" })).not.toThrow();
  });
});

describe("the size of a request", () => {
  const bundle = bundleOf();
  const limits = { bufferSize: 16_384, version: "3.2.26", prefix: "" };
  const sizeOf = (name: string, pem: string) => frameRequest(`set ssl cert ${name}`, pem).length;
  const whole = sizeOf("/a.pem", bundle.pem);
  const chain = sizeOf("/a.pem", bundle.certificatesPem);
  const place = { node: "n", name: "/a.pem" };
  const plan = (changes: Partial<typeof limits>, name = "/a.pem") =>
    planRequests(bundle, { ...place, name }, { ...limits, ...changes }).map((request) => request.name);

  test("whole, then apart, then not at all", () => {
    expect(plan({ bufferSize: whole + 1 })).toEqual(["/a.pem"]);
    expect(plan({ bufferSize: whole })).toEqual(["/a.pem", "/a.pem.key"]);
    expect(plan({ bufferSize: chain + 1 })).toEqual(["/a.pem", "/a.pem.key"]);
    expect(() => plan({ bufferSize: chain })).toThrow(code("HAPROXY_BUFFER_TOO_SMALL"));
  });

  test("from 3.4 on the payload has a limit of its own", () => {
    expect(plan({ bufferSize: 100, version: "3.4-dev10" })).toEqual(["/a.pem"]);
    expect(plan({ bufferSize: 100, version: "4.0.1" })).toEqual(["/a.pem"]);
    expect(() => plan({ bufferSize: 100, version: "3.3.9" })).toThrow(code("HAPROXY_BUFFER_TOO_SMALL"));
  });

  test("the hint names a buffer that is large enough", () => {
    const names = Array.from({ length: 900 }, (_, i) => `name-number-${i}.example.test`);
    const large = bundleOf({ names });
    expect(() => planRequests(large, place, limits)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("tune.bufsize 65536") }),
    );
    expect(planRequests(large, place, { ...limits, bufferSize: 65_536 })).toHaveLength(1);
  });

  // A name long enough to bring the request to the very byte; the size is all that counts here.
  const named = (size: number, pem: string) => "x".repeat(size - sizeOf("", pem));

  test.each([16_384, 32_768])("never exactly %i bytes, counted as HAProxy and as its master count", (fatal) => {
    const roomy = { bufferSize: 131_072 };
    expect(plan(roomy, named(fatal - 1, bundle.pem))).toHaveLength(1);
    expect(plan(roomy, named(fatal, bundle.pem))).toHaveLength(2);
    expect(plan({ ...roomy, prefix: "@1 " }, named(fatal - 3, bundle.pem))).toHaveLength(2);
    expect(plan({ ...roomy, prefix: "@1 " }, named(fatal, bundle.pem))).toHaveLength(2);
  });

  test("of a line for a crt-list", () => {
    const sized = (size: number) => "x".repeat(size - frameRequest("add ssl crt-list /l.txt", "x").length + 1);
    const refuse = (size: number, changes: Partial<typeof limits> = {}) =>
      refuseLine("/l.txt", sized(size), place, { ...limits, ...changes });
    expect(() => refuse(16_383)).not.toThrow();
    for (const size of [16_384, 20_000]) expect(() => refuse(size)).toThrow(code("HAPROXY_BUFFER_TOO_SMALL"));
    const roomy = { bufferSize: 65_536 };
    expect(() => refuse(20_000, roomy)).not.toThrow();
    expect(() => refuse(16_384, roomy)).toThrow(code("HAPROXY_DANGEROUS_SIZE"));
    expect(() => refuse(16_381, { ...roomy, prefix: "@1 " })).toThrow(code("HAPROXY_DANGEROUS_SIZE"));
  });

  test("when both ways have a fatal size, neither is taken", () => {
    // The two ways differ by the key, so a key of exactly one such size makes both fatal at once.
    const filler = `${"A".repeat(63)}\n`.repeat(256);
    const both = { ...bundle, keyPem: filler, pem: bundle.certificatesPem + filler };
    const name = named(16_384, both.certificatesPem);
    expect(() => planRequests(both, { ...place, name }, { ...limits, bufferSize: 131_072 })).toThrow(
      code("HAPROXY_DANGEROUS_SIZE"),
    );
  });
});
