import { describe, expect, it } from "vitest";
import { relativeTime, standingOf } from "./certificate-state.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 23);
const meta = { notBefore: now - 60 * day, notAfter: now + 30 * day, targets: [] };
const target = { target: "haproxy:/a", wanted: "new", failures: 0 };

describe("standingOf", () => {
  it.each([
    ["ok", meta],
    ["ok", { ...meta, targets: [{ ...target, accepted: { fingerprint256: "new", at: now } }] }],
    ["not live", { ...meta, targets: [{ ...target, accepted: { fingerprint256: "old", at: now } }] }],
    ["not live", { ...meta, targets: [target] }],
    ["ends soon", { ...meta, notAfter: now + 5 * day }],
    ["expired", { ...meta, notAfter: now, targets: [target] }],
    ["revoked", { ...meta, revoked: { at: now, reason: "superseded" } }],
  ])("%s", (standing, certificate) => {
    expect(standingOf(certificate, now)).toBe(standing);
  });
});

describe("relativeTime", () => {
  it("chooses the unit that says enough", () => {
    expect(relativeTime(now + 59 * day, now)).toBe("in 59 days");
    expect(relativeTime(now + 5 * 3_600_000, now)).toBe("in 5 h");
    expect(relativeTime(now + 90_000, now)).toBe("in 2 min");
    expect(relativeTime(now - 3 * day, now)).toBe("3 days ago");
  });
});
