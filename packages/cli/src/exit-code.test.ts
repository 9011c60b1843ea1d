import { describe, expect, it } from "vitest";
import { cliError, usageError } from "./errors.ts";
import { exitCodeMeanings, exitCodeOf, exitCodeOfCode, exitCodeOfRun, exitCodes } from "./exit-code.ts";

describe("exit codes", () => {
  it("tell usage, limits, interruption and failure apart", () => {
    expect(exitCodeOf(usageError("x"))).toBe(2);
    expect(exitCodeOf(cliError("PLUGIN_UNKNOWN", "x"))).toBe(2);
    expect(exitCodeOf(cliError("CLI_INTERRUPTED", "x"))).toBe(130);
    expect(exitCodeOf(new Error("x"))).toBe(1);
    expect(exitCodeOfCode("IDENTIFIER_BAD")).toBe(2);
    expect(exitCodeOfCode("ACME_RATE_LIMITED")).toBe(4);
    expect(exitCodeOfCode("ACME_PAUSED")).toBe(4);
    expect(exitCodeOfCode("PROVIDER_AUTH")).toBe(1);
  });

  it("of a run name the common reason of its failures, else that there were some, and only then what went well", () => {
    const none = { failures: [], notDeployed: 0, changed: 0 };
    expect(exitCodeOfRun(none)).toBe(0);
    expect(exitCodeOfRun({ ...none, changed: 1 })).toBe(5);
    expect(exitCodeOfRun({ ...none, notDeployed: 2, changed: 1 })).toBe(3);
    expect(exitCodeOfRun({ failures: ["ACME_RATE_LIMITED", "ACME_PAUSED"], notDeployed: 1, changed: 1 })).toBe(4);
    expect(exitCodeOfRun({ ...none, failures: ["CONFIG_INVALID", "PROVIDER_OPTIONS"] })).toBe(2);
    expect(exitCodeOfRun({ ...none, failures: ["ACME_RATE_LIMITED", "PROVIDER_AUTH"] })).toBe(1);
  });

  it("are each told once", () => {
    expect(exitCodeMeanings.map(([code]) => code)).toEqual(Object.values(exitCodes));
  });
});
