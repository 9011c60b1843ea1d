import { describe, expect, test } from "vitest";
import { type AcmeRow, parseAcmeStatus, parseReady, parseRenew } from "./acme-answers.ts";
import {
  collect,
  domainsToMark,
  defaultOrderLimits as limits,
  outcomeOf,
  pauseBefore,
  pauseUntilWhole,
  sameRecords,
  summarize,
} from "./orders.ts";
import type { Deploy } from "./ring-message.ts";

function deploy(
  domain: string,
  record: string,
  { seconds = 0, wildcard = false, worker = 1 } = {},
): Deploy & { readonly worker: number } {
  const at = new Date(1_800_000_000_000 + seconds * 1000).toISOString();
  return { kind: "deploy", at, certificate: "c", thumbprint: "t", domain, wildcard, token: "k", record, worker };
}

/** Events taken in one after the other, at the moments HAProxy says. */
function collected(...deploys: readonly ReturnType<typeof deploy>[]) {
  const found = deploys.reduce<ReturnType<typeof collect> | undefined>(
    (before, each) => collect(before, each, Date.parse(each.at)),
    undefined,
  );
  if (!found) throw new Error("no events");
  return found;
}

describe("collecting", () => {
  test("apex and wildcard are two, and a second event for a name replaces the first", () => {
    const found = collected(
      deploy("a", "1"),
      deploy("a", "2", { wildcard: true }),
      deploy("b", "3"),
      deploy("a", "4", { seconds: 20 }),
    );
    expect(found.deploys.map(({ record }) => record)).toEqual(["2", "3", "4"]);
  });

  test("what is older than HAProxy's retries is of another order", () => {
    const found = collected(deploy("a", "1"), deploy("b", "2", { seconds: 3600 }));
    expect(found.deploys.map(({ record }) => record)).toEqual(["2"]);
  });

  test("what the worker before asked for is of another order", () => {
    const found = collected(
      deploy("a", "1"),
      deploy("a", "2", { wildcard: true }),
      deploy("a", "3", { seconds: 1, worker: 2 }),
    );
    expect(found.deploys.map(({ record }) => record)).toEqual(["3"]);
    expect(pauseUntilWhole(found, ["a", "*.a"], limits, found.since)).toBe(limits.quiet);
  });

  test("an order with an event for every domain is whole soon; any other waits for HAProxy's retries", () => {
    const found = collected(deploy("a", "1"), deploy("a", "2", { wildcard: true }));
    const { since } = found;
    expect(pauseUntilWhole(found, ["A", "*.a."], limits, since)).toBe(limits.settle);
    expect(pauseUntilWhole(found, ["A", "*.a."], limits, since + limits.settle)).toBe(0);
    for (const domains of [["a", "*.a", "b"], [], undefined])
      expect(pauseUntilWhole(found, domains, limits, since)).toBe(limits.quiet);
    // The clock was set back in the meantime.
    expect(pauseUntilWhole(found, ["A", "*.a."], limits, since - 3_600_000)).toBe(0);
  });

  test("the same records in another order are the same", () => {
    const [a, b] = [deploy("a", "1"), deploy("b", "2")];
    expect(sameRecords([a, b], [b, a])).toBe(true);
    expect(sameRecords([a, b], [a])).toBe(false);
    expect(sameRecords([a], [deploy("a", "3")])).toBe(false);
  });

  test("every domain is marked once, without its star, those without an event last", () => {
    expect(domainsToMark([deploy("b", "1"), deploy("b", "2", { wildcard: true })], ["a", "b", "*.b", "*.c"])).toEqual([
      ..."bac",
    ]);
    expect(domainsToMark([deploy("b", "1")])).toEqual(["b"]);
  });
});

describe("what HAProxy's answers mean", () => {
  const answers = {
    all: "1 'w.test' challenge(s) ready! All challenges ready, starting challenges validation!",
    some: "2 'c.test' challenge(s) ready! Remaining challenges to deploy: 3",
    already: 'ACME challenge for crt "F" and dns "D" was already READY !',
    none: 'Couldn\'t find the ACME task using crt "F" and dns "D" !',
  };
  const sum = (...names: readonly (keyof typeof answers)[]) =>
    summarize(names.map((name) => parseReady(answers[name])));

  test.each([
    [["some", "all"], { kind: "validating" }],
    [["some", "all", "none"], { kind: "validating" }],
    // Bug A and B: one mark takes in others.
    [["all", "already"], { kind: "validating" }],
    [["already", "already"], { kind: "validating" }],
    // Bug C: somebody HAProxy told nothing of is missing.
    [["some", "none"], { kind: "waiting", remaining: 3 }],
    [["none", "none"], { kind: "gone" }],
  ] as const)("%s", (names, expected) => {
    expect(sum(...names)).toEqual(expected);
  });

  test("a refusal, and an answer nobody knows", () => {
    expect(summarize([parseReady("Permission denied")])).toEqual({ kind: "refused", answer: { kind: "denied" } });
    expect(() => parseReady("Done!")).toThrow(expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }));
  });

  test("acme renew", () => {
    expect(parseRenew("")).toEqual({ kind: "started" });
    expect(parseRenew("Task already exists for 'F' certificate.\nCan't start the ACME client.")).toEqual({
      kind: "running",
    });
    expect(parseRenew("No ACME configuration defined for file 'F'.")).toEqual({ kind: "no-acme" });
    expect(parseRenew("Can't find the certificate 'F'.")).toEqual({ kind: "unknown" });
    expect(() => parseRenew("?")).toThrow(expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }));
  });
});

describe("acme status", () => {
  const heading =
    "# certificate\tsection\tstate\texpiration date (UTC)\texpires in\tscheduled date (UTC)\tscheduled in";
  const rows = [
    "/a b.pem\tLE\tRunning\t2026-11-24T04:46:25Z\t0d 0h00m00s\t-\t-",
    "@st/w\tLE\tScheduled\t2027-02-22T04:46:25Z\t89d 23h59m00s\t2027-02-14T04:46:25Z\t82d 11h59m34s",
    "/f.pem\tLE\tScheduled\t2026-11-24T04:46:25Z\t0d 0h00m00s\t2026-11-24T02:27:32Z\t0d 0h00m00s",
  ];

  test("rows, and how their orders ended", () => {
    const found = parseAcmeStatus([heading, ...rows].join("\n")) as readonly AcmeRow[];
    expect(found.map(({ certificate, overdue }) => [certificate, overdue])).toEqual([
      ["/a b.pem", false],
      ["@st/w", false],
      ["/f.pem", true],
    ]);
    expect(found.map(outcomeOf)).toEqual(["running", "issued", "failed"]);
    expect(found[1]?.scheduled?.toISOString()).toBe("2027-02-14T04:46:25.000Z");
    expect(outcomeOf(undefined)).toBe("unknown");
  });

  test("refusals and nonsense", () => {
    expect(parseAcmeStatus(heading)).toEqual([]);
    expect(parseAcmeStatus("Permission denied")).toEqual({ kind: "denied" });
    expect(parseAcmeStatus("Unknown command: 'acme', but")).toEqual({ kind: "unsupported" });
    for (const text of ["hello", `${heading}\n/a\tLE\tDancing\t-\t-\t-\t-`]) {
      expect(() => parseAcmeStatus(text)).toThrow(expect.objectContaining({ code: "HAPROXY_UNEXPECTED_ANSWER" }));
    }
  });
});

test("pauses grow to the last one and stay there", () => {
  expect([0, 1, 2, 9].map((attempt) => pauseBefore(attempt, [1, 5, 60]))).toEqual([1, 5, 60, 60]);
});
