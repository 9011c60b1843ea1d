import { describe, expect, test } from "vitest";
import type { Identifier } from "../identifier.ts";
import { emptyLedger, hold, type Ledger, pauseName, released, tidied } from "./ledger.ts";
import { letsEncryptLimits } from "./limits.ts";
import type { OrderRequest } from "./order-request.ts";
import { registeredDomains } from "./registered-domains.ts";
import { nextSlot } from "./slot.ts";
import { issued, reserved, validationFailed } from "./spend.ts";

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24);
const account = "https://ca.example/acct/1";
const limits = letsEncryptLimits;
const start = emptyLedger("https://ca.example/directory");

function request(names: readonly string[], change: Partial<OrderRequest> = {}): OrderRequest {
  const identifiers = names.map((value): Identifier => ({ type: "dns", value }));
  const domains = registeredDomains(identifiers, (name) => name.split(".").slice(-2).join("."));
  return { certificate: names[0] ?? "", account, identifiers, domains, ...change };
}

/** Places and is granted an order at a moment. */
function granted(ledger: Ledger, order: OrderRequest, at: number): Ledger {
  return issued(reserved(ledger, limits, order, at), limits, order, at);
}

const refused = (slot: ReturnType<typeof nextSlot>) => {
  if (slot.allowed) throw new Error("the order would be allowed");
  return slot;
};

describe("limits", () => {
  test("an empty ledger allows everything", () => {
    expect(nextSlot(start, limits, request(["a.example.com"]), now)).toEqual({ allowed: true });
    expect(nextSlot(start, undefined, request(["a.example.com"]), now)).toEqual({ allowed: true });
  });

  test("50 certificates of one registered domain, then one each 201.6 minutes", () => {
    let ledger = start;
    for (let index = 0; index < 50; index += 1) {
      const order = request([`h${index}.example.com`]);
      expect(nextSlot(ledger, limits, order, now).allowed).toBe(true);
      ledger = granted(ledger, order, now);
    }
    const slot = refused(nextSlot(ledger, limits, request(["next.example.com"]), now));
    expect(slot).toMatchObject({
      cause: "limit",
      limit: "certificates-per-registered-domain",
      at: now + 201.6 * 60 * second,
    });
    expect(slot.reason).toBe("the limit of 50 per 7 days for example.com is reached");
    expect(nextSlot(ledger, limits, request(["next.example.com"]), slot.at).allowed).toBe(true);
    expect(nextSlot(ledger, limits, request(["a.example.org"]), now).allowed).toBe(true);
    for (const exemption of ["ari", "same-set"] as const) {
      expect(nextSlot(ledger, limits, request(["h1.example.com"], { exemption, force: true }), now).allowed).toBe(true);
    }
  });

  test("5 certificates of one set, in any order and case; a renewal without ARI counts, one with ARI does not", () => {
    let ledger = start;
    for (let index = 0; index < 5; index += 1)
      ledger = granted(ledger, request(["a.example.com", "b.example.com"]), now);
    const same = request(["B.example.com", "a.example.com"], { force: true });
    expect(refused(nextSlot(ledger, limits, same, now))).toMatchObject({
      limit: "certificates-per-identifier-set",
      at: now + 33.6 * hour,
    });
    expect(nextSlot(ledger, limits, { ...same, exemption: "same-set" }, now).allowed).toBe(false);
    expect(nextSlot(ledger, limits, { ...same, exemption: "ari" }, now).allowed).toBe(true);
    expect(nextSlot(ledger, limits, request(["a.example.com"], { force: true }), now).allowed).toBe(true);
  });

  test("300 orders of one account count as they are placed, issued or not", () => {
    let ledger = start;
    for (let index = 0; index < 300; index += 1) {
      const order = request([`a.example${index}.com`]);
      ledger = released(reserved(ledger, limits, order, now), order.certificate);
    }
    expect(refused(nextSlot(ledger, limits, request(["a.example.org"]), now))).toMatchObject({
      limit: "orders-per-account",
      at: now + 36 * second,
    });
    expect(
      nextSlot(ledger, limits, request(["a.example.org"], { account: "https://ca.example/acct/2" }), now).allowed,
    ).toBe(true);
    const { account: _, ...withoutAccount } = request(["a.example.org"]);
    expect(nextSlot(ledger, limits, withoutAccount, now).allowed).toBe(true);
  });

  test("5 failed validations of one name by one account stop orders with that name for 12 minutes", () => {
    let ledger = start;
    for (let index = 0; index < 5; index += 1) ledger = validationFailed(ledger, limits, account, "b.example.com", now);
    const slot = refused(nextSlot(ledger, limits, request(["a.example.com", "b.example.com"]), now));
    expect(slot).toMatchObject({ limit: "validation-failures", at: now + 12 * 60 * second });
    expect(slot.reason).toContain("b.example.com");
    expect(nextSlot(ledger, limits, request(["a.example.com"]), now).allowed).toBe(true);
    const after = issued(ledger, limits, request(["b.example.com"]), now);
    expect(nextSlot(after, limits, request(["b.example.com"]), now).allowed).toBe(false);
  });

  test("1,152 failures in a row are the last; one success starts the row anew", () => {
    let ledger = start;
    let at = now;
    const row = (turns: number) => {
      for (let index = 0; index < turns; index += 1) {
        ledger = validationFailed(ledger, limits, account, "a.example.com", at);
        at += 13 * 60 * second;
      }
    };
    row(1200);
    expect(refused(nextSlot(ledger, limits, request(["a.example.com"]), at)).limit).toBe(
      "consecutive-validation-failures",
    );
    ledger = issued(ledger, limits, request(["a.example.com"]), at);
    expect(nextSlot(ledger, limits, request(["a.example.com"]), at).allowed).toBe(true);
    row(1100);
    expect(nextSlot(ledger, limits, request(["a.example.com"]), at).allowed).toBe(true);
  });

  test("of several limits the one that holds longest is told", () => {
    let ledger = start;
    for (let index = 0; index < 5; index += 1) ledger = granted(ledger, request(["a.example.com"]), now);
    ledger = hold(ledger, "ca", 60, "service busy", now);
    const order = request(["a.example.com"], { force: true });
    expect(refused(nextSlot(ledger, limits, order, now)).limit).toBe("certificates-per-identifier-set");
  });
});

describe("this program's own limits", () => {
  const slotAt = (at: number, issued: readonly number[], change: Partial<OrderRequest> = {}) =>
    nextSlot(start, undefined, request(["a.example.com"], { history: { failure: undefined, issued }, ...change }), at);

  test("one certificate of a set an hour and four a week, whatever the CA allows, unless the user insists", () => {
    const issued: number[] = [];
    for (let at = now; issued.length < 4; at += hour) {
      expect(slotAt(at, issued, { exemption: "ari" }).allowed).toBe(true);
      issued.unshift(at);
      expect(refused(slotAt(at + hour - 1, issued, { exemption: "ari" }))).toMatchObject({ cause: "own-limit" });
    }
    const slot = refused(slotAt(now + 4 * hour, issued, { exemption: "ari" }));
    // The first of the four comes back when a quarter of the week is over.
    expect(slot).toMatchObject({ cause: "own-limit", limit: "own-certificates-per-week", at: now + 42 * hour });
    expect(slotAt(now + 4 * hour, issued, { force: true }).allowed).toBe(true);
    expect(slotAt(slot.at, issued).allowed).toBe(true);
  });
});

describe("orders under way", () => {
  test("hold a place among the certificates of their domain, until issued or given up", () => {
    let ledger = start;
    for (let index = 0; index < 49; index += 1) ledger = granted(ledger, request([`h${index}.example.com`]), now);
    const [first, other] = [request(["first.example.com"]), request(["other.example.com"])];
    ledger = reserved(ledger, limits, first, now);
    expect(refused(nextSlot(ledger, limits, other, now)).limit).toBe("certificates-per-registered-domain");
    expect(nextSlot(ledger, limits, first, now).allowed).toBe(true);
    expect(nextSlot(released(ledger, "first.example.com"), limits, other, now).allowed).toBe(true);
    expect(nextSlot(ledger, limits, other, now + 25 * hour).allowed).toBe(true);
  });

  test("of a run that was killed do not bar its certificate from trying again", () => {
    const order = request(["a.example.com"]);
    const ledger = reserved(start, limits, order, now);
    expect(nextSlot(ledger, limits, order, now + 1).allowed).toBe(true);
  });

  test("exempt ones hold no place", () => {
    let ledger = start;
    for (let index = 0; index < 49; index += 1) ledger = granted(ledger, request([`h${index}.example.com`]), now);
    ledger = reserved(ledger, limits, request(["first.example.com"], { exemption: "ari" }), now);
    expect(nextSlot(ledger, limits, request(["other.example.com"]), now).allowed).toBe(true);
  });
});

describe("what the CA asks for", () => {
  test("Retry-After holds for its scope and no further", () => {
    const order = request(["a.example.com"]);
    const scopes = ["ca", { account }, { certificate: "a.example.com" }, { identifier: "a.example.com" }] as const;
    for (const scope of scopes) {
      const ledger = hold(start, scope, 90, "rateLimited", now);
      expect(refused(nextSlot(ledger, limits, { ...order, force: true }, now))).toMatchObject({
        cause: "hold",
        at: now + 90 * second,
        reason: "the CA asked to wait: rateLimited",
      });
      expect(nextSlot(ledger, limits, order, now + 90 * second).allowed).toBe(true);
      const stranger = request(["b.example.org"], { account: "https://ca.example/acct/2" });
      expect(nextSlot(ledger, limits, stranger, now).allowed).toBe(scope !== "ca");
    }
  });

  test("an absurd Retry-After is capped at seven days, for a whole CA at one; a negative or missing one ignored", () => {
    const order = request(["a.example.com"]);
    for (const seconds of [1e12, Number.POSITIVE_INFINITY]) {
      const until = (scope: Parameters<typeof hold>[1]) =>
        refused(nextSlot(hold(start, scope, seconds, "x", now), limits, order, now)).at;
      expect(until({ certificate: "a.example.com" })).toBe(now + 7 * day);
      expect(until("ca")).toBe(now + day);
    }
    for (const seconds of [0, -5, Number.NaN]) expect(hold(start, "ca", seconds, "x", now)).toBe(start);
  });

  test("a paused name is left alone for a day at a time, with the link that lifts it", () => {
    const ledger = pauseName(start, account, "a.example.com", "https://portal.example/unpause?jwt=x", now);
    const slot = refused(nextSlot(ledger, limits, request(["a.example.com", "b.example.com"]), now + hour));
    expect(slot).toMatchObject({ cause: "paused", unpauseUrl: "https://portal.example/unpause?jwt=x", at: now + day });
    expect(nextSlot(ledger, limits, request(["b.example.com"]), now).allowed).toBe(true);
    expect(nextSlot(ledger, limits, request(["a.example.com"], { force: true }), now).allowed).toBe(true);
    expect(nextSlot(ledger, limits, request(["a.example.com"]), now + day).allowed).toBe(true);
    const order = request(["a.example.com"], { force: true });
    expect(Object.keys(issued(ledger, limits, order, now).paused)).toEqual([]);
  });
});

test("names that were proved since do not count as a row of failures", () => {
  const order = request(["a.example.com"]);
  let ledger = start;
  for (let turn = 0; turn < 1200; turn += 1)
    ledger = validationFailed(ledger, limits, account, "a.example.com", now + turn * 13 * 60 * second);
  const at = now + 1201 * 13 * 60 * second;
  expect(nextSlot(ledger, limits, order, at).allowed).toBe(false);
  ledger = granted(ledger, order, at);
  expect(nextSlot(ledger, limits, { ...order, force: true }, at + hour).allowed).toBe(true);
});

describe("a wrong clock", () => {
  test("whose moments lie a year ahead does not stop anything", () => {
    const order = request(["a.example.com"]);
    const ahead = now + 365 * day;
    let ledger = start;
    for (let index = 0; index < 5; index += 1) ledger = granted(ledger, order, ahead);
    ledger = reserved(ledger, limits, order, ahead);
    ledger = hold(ledger, "ca", 3600, "x", ahead);
    ledger = pauseName(ledger, account, "a.example.com", undefined, ahead);
    expect(nextSlot(ledger, limits, order, now).allowed).toBe(true);
  });
});

test("tidying keeps what still matters and drops the rest", () => {
  const order = request(["a.example.com"]);
  let ledger = reserved(granted(start, order, now), limits, order, now);
  ledger = hold(ledger, "ca", 60, "x", now);
  ledger = pauseName(ledger, account, "b.example.com", undefined, now);
  expect(tidied(ledger, now)).toEqual(ledger);
  const later = tidied(ledger, now + 8 * day);
  expect([later.buckets, later.reservations, later.holds]).toEqual([{}, {}, {}]);
  expect(Object.keys(later.paused)).toHaveLength(1);
  expect(tidied(ledger, now + 365 * day)).toEqual(start);
});

test("registered domains: by the list for names, the address for IPv4, the /64 for IPv6", () => {
  const dns = (value: string): Identifier => ({ type: "dns", value });
  const ip = (value: string): Identifier => ({ type: "ip", value });
  const of = (...identifiers: Identifier[]) =>
    registeredDomains(identifiers, (name) => (name === "co.uk" ? undefined : name.split(".").slice(-2).join(".")));
  expect(of(dns("a.example.com"), dns("*.example.com"), dns("example.com"))).toEqual(["example.com"]);
  expect(of(dns("co.uk"))).toEqual(["co.uk"]);
  expect(of(ip("192.0.2.1"), ip("192.0.2.2"))).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(of(ip("2001:db8::1"), ip("2001:db8::2"), ip("2001:db8:0:1::1"))).toEqual([
    "2001:db8:0:0::/64",
    "2001:db8:0:1::/64",
  ]);
  expect(of(ip("::1"))).toEqual(["0:0:0:0::/64"]);
});
