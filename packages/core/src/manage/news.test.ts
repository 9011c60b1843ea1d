import { CertwrightError } from "@certwright/provider";
import { describe, expect, it } from "vitest";
import type { CertificateMeta } from "../store/certificate-meta.ts";
import { type Audience, type News, newsOf, remember, type Told, unheard } from "./news.ts";
import type { CertificateResult } from "./renew-certificate.ts";

const meta: CertificateMeta = {
  name: "a.test",
  generation: 1,
  identifiers: [],
  keyType: "ec256",
  directoryUrl: "https://ca.test/dir",
  accountUrl: "https://ca.test/a",
  issuedAt: 0,
  notBefore: 0,
  notAfter: 100,
  serial: "01",
  fingerprint256: "aa",
  targets: [],
};
const shares = { warning: 0.85, critical: 0.95 };
const skipped: CertificateResult = { certificate: "a.test", outcome: "skipped", reason: "not due", next: new Date(0) };
const failed = (code: string): CertificateResult => ({
  certificate: "a.test",
  outcome: "failed",
  error: new CertwrightError(code, "it did not work", { hint: "Try." }),
});
const eventsAt = (result: CertificateResult, now: number, known: CertificateMeta | undefined = meta) =>
  newsOf(result, known, shares, now).map(({ event, severity }) => `${event} ${severity}`);

describe("newsOf", () => {
  it("tells by the share of life that is over", () => {
    expect(eventsAt(skipped, 84)).toEqual([]);
    expect(eventsAt(skipped, 85)).toEqual(["expiring warning"]);
    expect(eventsAt(skipped, 95)).toEqual(["expiring critical"]);
    expect(newsOf(skipped, meta, shares, 120)[0]?.message).toContain("has expired");
    expect(eventsAt(skipped, 99, { ...meta, revoked: { at: 0, reason: "superseded" } })).toEqual([]);
  });

  it("says nothing of a life by a clock that is wrong, but of the clock", () => {
    expect(eventsAt(failed("CLOCK_WRONG"), 1000)).toEqual(["failed warning"]);
  });

  it("tells failures from limits, and what is not live from what is", () => {
    expect(eventsAt(failed("ACME_CAA"), 0)).toEqual(["failed warning"]);
    expect(eventsAt(failed("ACME_CAA"), 0, undefined)).toEqual(["failed warning"]);
    expect(eventsAt(failed("ACME_RATE_LIMITED"), 0)).toEqual(["limited warning"]);
    const target = { target: "haproxy:/a", wanted: "aa", failures: 1 };
    const error = { code: "HAPROXY_DOWN", message: "down", at: 0 };
    const [news] = newsOf(skipped, { ...meta, targets: [{ ...target, lastError: error }] }, shares, 0);
    expect(news).toMatchObject({ event: "not-deployed", code: "HAPROXY_DOWN", targets: ["haproxy:/a"] });
    const live = { target: "haproxy:/a", ok: true, action: "updated", served: true } as const;
    const issued: CertificateResult = {
      certificate: "a.test",
      outcome: "issued",
      reason: "not issued yet",
      notAfter: new Date(1),
      targets: [live],
    };
    expect(eventsAt(issued, 0)).toEqual(["issued info", "deployed info"]);
  });
});

describe("unheard and remember", () => {
  const chat: Audience = { label: "chat", on: ["failed", "expiring", "recovered"], quiet: 60 };
  /** One look: what the audience hears, and what is remembered then. */
  const look = (told: Told, news: readonly News[], now: number, audience = chat) => {
    const heard = unheard("a.test", news, told, audience, now);
    return {
      heard: heard.map(({ event }) => event),
      told: remember({ certificate: "a.test", news, heard }, told, audience, now),
    };
  };
  const trouble = newsOf(failed("ACME_CAA"), meta, shares, 0);

  it("is quiet for a while, tells again, and tells the end of it once", () => {
    const first = look({}, trouble, 1000);
    expect(first.heard).toEqual(["failed"]);
    const second = look(first.told, trouble, 1059);
    expect(second.heard).toEqual([]);
    const third = look(second.told, trouble, 1060);
    expect(third.heard).toEqual(["failed"]);
    const well = look(third.told, [], 1061);
    expect(well.heard).toEqual(["recovered"]);
    expect(look(well.told, [], 1062).heard).toEqual([]);
    expect(well.told).toEqual({});
  });

  it("tells at once that it got worse", () => {
    const warned = look({}, newsOf(skipped, meta, shares, 85), 0);
    expect(look(warned.told, newsOf(skipped, meta, shares, 95), 1).heard).toEqual(["expiring"]);
  });

  it("tells each audience what it wants, and what could not be told again", () => {
    const pager: Audience = { label: "pager", on: ["expiring"], quiet: 60 };
    expect(look({}, trouble, 0, pager).heard).toEqual([]);
    const notHeard = remember({ certificate: "a.test", news: trouble, heard: [] }, {}, chat, 0);
    expect(look(notHeard, trouble, 1).heard).toEqual(["failed"]);
    const told = look({}, trouble, 0).told;
    expect(look(told, [], 1, pager)).toEqual({ heard: [], told });
    // The end of it, too.
    expect(look(remember({ certificate: "a.test", news: [], heard: [] }, told, chat, 2), [], 3).heard).toEqual([
      "recovered",
    ]);
  });
});
