import { describe, expect, it } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import { dueMoment, planCertificate, type StoredFacts } from "./plan.ts";

const day = 86_400_000;
const start = new Date("2026-01-01T00:00:00Z");
const after = (days: number): Date => new Date(start.getTime() + days * day);

const spec: CertificateSpec = {
  name: "example.com",
  identifiers: [{ type: "dns", value: "example.com" }],
  keyType: "ec256",
  reuseKey: false,
  cas: [{ directoryUrl: "https://ca.test/dir" }],
  challenges: [],
  dns: {},
  deploy: [],
};
const stored: StoredFacts = {
  identifiers: spec.identifiers,
  keyType: "ec256",
  profile: undefined,
  directoryUrl: "https://ca.test/dir",
  notBefore: start,
  notAfter: after(90),
  revoked: false,
  certId: "aki.serial",
  suggested: undefined,
  undeployed: [],
};
const plan = (change: Partial<StoredFacts>, now: Date, force = false) =>
  planCertificate(spec, { ...stored, ...change }, { now, force });

describe("planCertificate", () => {
  it("issues what was never issued, was revoked, or is forced", () => {
    expect(planCertificate(spec, undefined, { now: start, force: false })).toMatchObject({
      do: "issue",
      reason: "not issued yet",
    });
    expect(plan({ revoked: true }, start)).toMatchObject({ do: "issue", replaces: undefined });
    expect(plan({}, start, true)).toMatchObject({ do: "issue", reason: "forced", replaces: "aki.serial" });
  });

  it.each([
    ["names", { identifiers: [{ type: "dns", value: "other.com" } as const] }, "the names changed"],
    ["key type", { keyType: "rsa2048" }, "the key type changed from rsa2048 to ec256"],
    ["profile", { profile: "short" }, "the profile changed from short to the CA's default"],
    ["CA", { directoryUrl: "https://other.test/dir" }, "the CA changed"],
  ])("issues when the %s changed", (_what, change, reason) => {
    expect(plan(change, start)).toMatchObject({ do: "issue", reason });
  });

  it("does not wait for a target until a moment that only a wrong clock can have noted", () => {
    const waiting = (days: number) => ({ undeployed: [{ target: "haproxy:/a", notBefore: after(days) }] });
    expect(plan(waiting(11), after(10))).toMatchObject({ do: "nothing", next: after(11) });
    expect(plan(waiting(375), after(10))).toMatchObject({ do: "deploy", targets: ["haproxy:/a"] });
  });

  it("waits until a third of a long life is left, and half of a short one", () => {
    expect(plan({}, after(59.9))).toMatchObject({ do: "nothing", next: after(60) });
    expect(plan({}, after(60))).toMatchObject({ do: "issue", replaces: "aki.serial" });
    expect(dueMoment({ ...stored, notAfter: after(6) }).at).toEqual(after(3));
  });

  it("follows the CA's suggestion, but not past a sixth of the life", () => {
    const at = (days: number) => ({ suggested: { at: after(days), explanation: undefined } });
    expect(plan(at(10), after(9))).toMatchObject({ do: "nothing", next: after(10) });
    expect(plan(at(10), after(10))).toMatchObject({ do: "issue" });
    expect(plan(at(5000), after(74))).toMatchObject({ do: "nothing", next: after(75) });
    expect(plan(at(5000), after(75))).toMatchObject({ do: "issue" });
  });

  it("lets an ordinary renewal wait until a sixth of the life is left, and no other", () => {
    const latest = (change: Partial<StoredFacts>, now: Date, force = false) => {
      const action = plan(change, now, force);
      return action.do === "issue" ? action.latest : "not due";
    };
    const suggested = (days: number) => ({ suggested: { at: after(days), explanation: undefined } });
    expect(latest({}, after(60))).toEqual(after(75));
    expect(latest(suggested(59), after(60))).toEqual(after(75));
    expect(latest({ notAfter: after(6) }, after(3))).toEqual(after(5));
    // A window long before its time is how a CA says that it will revoke.
    expect(latest(suggested(30), after(31))).toBeUndefined();
    expect(latest({ revoked: true }, after(60))).toBeUndefined();
    expect(latest({ profile: "short" }, after(60))).toBeUndefined();
    expect(latest({}, after(60), true)).toBeUndefined();
  });

  it("counts ten days as a long life, and a moment less as a short one", () => {
    expect(dueMoment({ ...stored, notAfter: after(10) }).at.getTime()).toBeCloseTo(after(20 / 3).getTime(), -1);
    expect(dueMoment({ ...stored, notAfter: new Date(after(10).getTime() - 1000) }).at.getTime()).toBeCloseTo(
      after(5).getTime() - 500,
      -1,
    );
  });

  it("deploys again what is issued but not live, when its next try has come", () => {
    const undeployed = [
      { target: "haproxy:/a", notBefore: undefined },
      { target: "haproxy:/b", notBefore: after(2) },
    ];
    expect(plan({ undeployed }, after(1))).toMatchObject({ do: "deploy", targets: ["haproxy:/a"] });
    expect(plan({ undeployed: undeployed.slice(1) }, after(1))).toMatchObject({
      do: "nothing",
      next: after(2),
      reason: expect.stringMatching(/^not due: .*; not live at haproxy:\/b, where the next try is later$/),
    });
    expect(plan({ undeployed }, after(2))).toMatchObject({ do: "deploy", targets: ["haproxy:/a", "haproxy:/b"] });
  });

  it("says where a certificate is known not to be live meanwhile, but not of parts that are still to come", () => {
    const undeployed = [
      { target: "haproxy:/a", notBefore: after(2), lastError: { code: "X", message: "x" } },
      { target: "fleet:b", notBefore: after(3), isPart: true },
    ];
    const waiting = [{ target: "haproxy:/a", next: after(2), lastError: { code: "X", message: "x" } }];
    expect(plan({ undeployed }, after(1))).toMatchObject({ do: "nothing", next: after(2), waiting });
    expect(plan({ undeployed: undeployed.slice(1) }, after(1))).not.toHaveProperty("waiting");
    const missing = { target: "haproxy:/c", notBefore: undefined };
    expect(plan({ undeployed: [...undeployed, missing] }, after(1))).toMatchObject({
      targets: ["haproxy:/c"],
      waiting,
    });
  });
});
