import { describe, expect, it } from "vitest";
import { cliError, usageError } from "./errors.ts";
import { exitCodeOf, exitCodeOfCode, exitCodeOfRun } from "./exit-code.ts";

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

  it("of a run name the common reason of its failures, else that there were some", () => {
    expect(exitCodeOfRun({ failures: [], notDeployed: 0 })).toBe(0);
    expect(exitCodeOfRun({ failures: [], notDeployed: 2 })).toBe(3);
    expect(exitCodeOfRun({ failures: ["ACME_RATE_LIMITED", "ACME_PAUSED"], notDeployed: 1 })).toBe(4);
    expect(exitCodeOfRun({ failures: ["ACME_RATE_LIMITED", "PROVIDER_AUTH"], notDeployed: 0 })).toBe(1);
  });
});
