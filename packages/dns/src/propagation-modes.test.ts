import { describe, expect, it } from "vitest";
import { waitForTxt } from "./propagation-modes.ts";
import { host, name, scripted } from "./testing/scripted-watch.ts";

describe("waitForTxt in virtual time", () => {
  const records = [{ name, value: "value", servers: [host(1)] }];

  it("does not wait when it is off", async () => {
    const { clock, asked, options } = scripted({});
    await Promise.all(waitForTxt({ type: "off" }, { ...options, records }).visible);
    expect([clock.now(), asked.length]).toEqual([0, 0]);
  });

  it("waits a fixed time and asks nobody", async () => {
    const { clock, asked, options } = scripted({});
    await Promise.all(waitForTxt({ type: "fixed", ms: 1234 }, { ...options, records }).visible);
    expect([clock.now(), asked.length]).toEqual([1234, 0]);
  });

  it("asks resolvers with recursion, and not before the zone's servers show the value", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 800 }, "192.0.2.9": { value: 0 } });
    await waitForTxt({ type: "watch", resolvers: [host(9)] }, { ...options, records }).visible[0];
    expect(asked.at(-1)).toMatchObject({ host: "192.0.2.9", recursive: true });
    expect(asked.filter(({ host: from }) => from === "192.0.2.9")).toHaveLength(1);
  });

  it("keeps to one deadline for both, and names the resolver", async () => {
    const { clock, options } = scripted({ "192.0.2.1": { value: 0 } }, { timeoutMs: 3000 });
    const watch = waitForTxt({ type: "watch", resolvers: [host(9)] }, { ...options, records });
    await expect(watch.visible[0]).rejects.toThrow("192.0.2.9:53 has no TXT record there");
    expect(clock.now()).toBe(3000);
  });

  it("is content with a part of the resolvers", async () => {
    const { options } = scripted({ "192.0.2.1": { value: 0 }, "192.0.2.8": { value: 0 } });
    const mode = { type: "watch", resolvers: [host(8), host(9)], resolverQuorum: 0.5 } as const;
    await expect(waitForTxt(mode, { ...options, records }).visible[0]).resolves.toBeUndefined();
  });

  it("watches the zone's servers alone by default", async () => {
    const { asked, options } = scripted({ "192.0.2.1": { value: 0 } });
    await waitForTxt({ type: "watch" }, { ...options, records }).visible[0];
    expect(asked).toHaveLength(1);
  });
});
