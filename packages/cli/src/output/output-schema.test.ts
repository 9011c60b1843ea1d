import { readFile } from "node:fs/promises";
import type { CertificateResult, CertificateSpec } from "@certwright/core";
import { CertwrightError } from "@certwright/provider";
import { closed, follows } from "@certwright/tools/schema-check";
import { describe, expect, it } from "vitest";
import { usageError } from "../errors.ts";
import { renewalResult } from "../renewal-result.ts";
import { createJsonReporter } from "../reporter/json.ts";
import { createSecrets } from "../reporter/secrets.ts";
import { testContext } from "../testing/fake-context.ts";
import { issuanceEvents } from "../testing/issuance-events.ts";
import { outputJsonSchema } from "./output-schema.ts";

const schema = outputJsonSchema();
const paint = (text: string) => text;
const paints = { good: paint, bad: paint, warn: paint, strong: paint, dim: paint };

/** What the reporter writes, as objects. */
function written(tell: (reporter: ReturnType<typeof createJsonReporter>) => void): readonly Record<string, unknown>[] {
  const context = testContext();
  tell(
    createJsonReporter({
      context,
      secrets: createSecrets(),
      paint: paints,
      errorPaint: paints,
      quiet: false,
      debug: false,
    }),
  );
  return context.stdout
    .text()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const spec = { name: "a", identifiers: [] as const } as unknown as CertificateSpec;
const error = new CertwrightError("ACME_RATE_LIMITED", "too many", { hint: "Later.", retryAfter: 3600 });
const at = new Date(0);
const results: readonly CertificateResult[] = [
  { certificate: "a", outcome: "skipped", reason: "not due", next: at },
  {
    certificate: "a",
    outcome: "skipped",
    reason: "not due",
    next: at,
    waiting: [
      { target: "t", next: at, lastError: { code: "X", message: "x" } },
      { target: "u", next: at },
    ],
  },
  { certificate: "a", outcome: "failed", error },
  { certificate: "a", outcome: "failed", error: new TypeError("x") },
  {
    certificate: "a",
    outcome: "issued",
    reason: "not issued yet",
    notAfter: at,
    targets: [
      {
        target: "t",
        ok: true,
        action: "updated",
        served: false,
        detail: "d",
        reloadNeeded: "r",
        warnings: ["w"],
        retryAt: 5,
      },
      { target: "u", ok: true, action: "stored", served: false },
      { target: "v", ok: false, error },
    ],
  },
  { certificate: "a", outcome: "deployed", reason: "late", notAfter: at, targets: [] },
  { certificate: "a", outcome: "planned", action: { do: "issue", spec, reason: "due", replaces: "x.y" } },
  { certificate: "a", outcome: "planned", action: { do: "issue", spec, reason: "due", replaces: undefined } },
  { certificate: "a", outcome: "planned", action: { do: "deploy", spec, reason: "late", targets: ["t"] } },
  { certificate: "a", outcome: "planned", action: { do: "nothing", spec, reason: "not due", next: at } },
];

describe("the schema of output", () => {
  it.each([
    ["the events of an issuance", () => written((reporter) => issuanceEvents.forEach(reporter.emit))],
    ["every outcome", () => written((reporter) => reporter.finish(renewalResult(results, { detailedExitcode: true })))],
    ["nothing at all", () => written((reporter) => reporter.finish(renewalResult([], { detailedExitcode: false })))],
    ["an error", () => written((reporter) => void reporter.fail(usageError("no", "Do.")))],
    ["a fault", () => written((reporter) => void reporter.fail(new TypeError("x")))],
    [
      "several faults of a configuration",
      () => written((reporter) => void reporter.fail(new CertwrightError("CONFIG_INVALID", "two faults\na\nb"))),
    ],
  ])("names all there is in %s", (_, lines) => {
    expect(lines().length).toBeGreaterThan(0);
    for (const line of lines()) expect(follows(line, closed(schema)), JSON.stringify(line)).toBe(true);
  });

  it("is open to what later versions add, and to nothing else", () => {
    const [first] = written((reporter) => reporter.emit({ type: "run.started", certificates: ["a"] }));
    expect(follows({ ...first, added: 1 }, schema)).toBe(true);
    expect(follows({ ...first, added: 1 }, closed(schema))).toBe(false);
    expect(follows({ ...first, certificates: "a" }, schema)).toBe(false);
    expect(follows({ ...first, version: 2 }, schema)).toBe(false);
    expect(follows({ ...first, time: "now" }, schema)).toBe(false);
    expect(follows({ ...first, type: "run.begun" }, schema)).toBe(false);
  });

  it("fits the example of the reference page, and describes every key in a sentence", async () => {
    const page = await readFile(new URL("../../../../docs/reference/output.md", import.meta.url), "utf8");
    const [, example = ""] = /```json\n(.*?)\n```/s.exec(page) ?? [];
    expect(follows(JSON.parse(example), closed(schema))).toBe(true);
    for (const [, target] of page.matchAll(/\]\(#([^)]+)\)/g)) {
      expect(page.toLowerCase().replaceAll(/[^a-z#\n ]/g, "")).toContain(`\n## ${target}\n`);
    }
    const definitions = Object.values(
      schema.definitions as Record<string, { properties: object; description: string }>,
    );
    for (const { properties, description } of definitions) {
      expect(description).toMatch(/^\S.*\.$/);
      for (const each of Object.values(properties)) expect(each.description).toMatch(/^\S.*[.)]$/);
    }
  });
});
