import { memoryStore } from "@certwright/core/store";
import { expect, test } from "vitest";
import { createLooks } from "./looks.ts";

test("the end of work on a certificate that is kept no longer counts, and is not shown as a certificate's standing", async () => {
  const looks = createLooks(memoryStore(), () => true);
  const next = new Date(0);
  looks.keep(["a.example.com"]);
  looks.add({ certificate: "gone.example.com", outcome: "failed", error: new Error("no") }, next);
  expect(looks.summary()).toEqual({ certificates: 1, looked: 0, failing: [] });
  looks.add({ certificate: "a.example.com", outcome: "skipped", reason: "not due", next }, next);
  expect(looks.summary()).toEqual({ certificates: 1, looked: 1, failing: [] });
  expect(await looks.metrics(0)).toContain("certwright_failed_total 1\n");
});
