import { describe, expect, it } from "vitest";
import { createStopper } from "./stopping.ts";
import { testContext } from "./testing/fake-context.ts";

const record = (value: string) => ({ name: "_acme-challenge.a.test", value, zone: "a.test", provider: "pdns" });

describe("createStopper", () => {
  it("aborts at the first signal and leaves at the second, naming what stays", () => {
    const { stopper, interrupt, exits, stderr } = testContext();
    stopper.watch({ type: "txt.adding", records: [record("one"), record("two")] });
    stopper.watch({ type: "txt.added", records: [record("one"), record("two")] });
    stopper.watch({ type: "txt.removed", records: [record("one")] });
    interrupt();
    expect(stopper.signal.reason).toMatchObject({ code: "CLI_INTERRUPTED", message: "stopped by SIGINT" });
    expect(exits).toEqual([]);
    interrupt();
    expect(exits).toEqual([130]);
    expect(stderr.text()).toContain("1 TXT record may stay:\n  _acme-challenge.a.test TXT two (pdns)\n");
    expect(stderr.text()).toContain("certwright cleanup");
  });

  it("says so where nothing stays", () => {
    const { interrupt, exits, stderr } = testContext();
    interrupt();
    interrupt();
    expect(exits).toEqual([130]);
    expect(stderr.text()).toBe("warning: left at once\n");
  });

  it("hands SIGHUP to whoever asked for it, until they let go", () => {
    const stopper = createStopper({ say: () => {}, exit: () => {} });
    let calls = 0;
    const letGo = stopper.onHangUp(() => {
      calls += 1;
    });
    stopper.stop("SIGHUP");
    expect([calls, stopper.signal.aborted]).toEqual([1, false]);
    letGo();
    stopper.stop("SIGHUP");
    expect([calls, stopper.signal.aborted]).toEqual([1, true]);
  });
});
