import { expect, test } from "vitest";
import type { AcmeClient } from "../acme/client.ts";
import type { World } from "../world.ts";
import { refuseEarlierClock, refuseWrongClock } from "./clock.ts";

const day = 86_400_000;
const now = Date.parse("2026-11-27T12:00:00Z");
const world = { now: () => now, signal: new AbortController().signal } as World;
const ahead = (milliseconds: number | undefined) => ({ clockAhead: async () => milliseconds }) as unknown as AcmeClient;

test.each([0, 3_600_000, -0.9 * day, day, undefined])(
  "a CA whose clock is %s ms ahead is asked",
  async (difference) => {
    await expect(refuseWrongClock(ahead(difference), world)).resolves.toBeUndefined();
  },
);

test.each([
  [365 * day, "2027-11-27T12:00:00.000Z"],
  [-365 * day, "2025-11-27T12:00:00.000Z"],
])("one that is %s ms ahead is not, and both clocks are named", async (difference, theirs) => {
  await expect(refuseWrongClock(ahead(difference), world)).rejects.toMatchObject({
    code: "CLOCK_WRONG",
    message: `this machine's clock says 2026-11-27T12:00:00.000Z, while the CA's says ${theirs}`,
  });
});

test("a certificate that began says that it is later", () => {
  refuseEarlierClock(now - 80 * day, now);
  refuseEarlierClock(now + 0.9 * day, now);
  expect(() => refuseEarlierClock(now + 2 * day, now)).toThrow(expect.objectContaining({ code: "CLOCK_WRONG" }));
});
