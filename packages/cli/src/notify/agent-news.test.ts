import { expect, test } from "vitest";
import { resultOfEvent } from "./agent-news.ts";

test("what an agent tells, as those hear it who are told of certificates", () => {
  const failed = { type: "certificate.failed", certificate: "/a.pem", code: "X", message: "no", hint: "do" } as const;
  expect(resultOfEvent(failed, "node")).toMatchObject({
    certificate: "/a.pem",
    outcome: "failed",
    error: { code: "X", message: "no", hint: "do" },
  });
  expect(resultOfEvent({ type: "warning", code: "X", message: "no" }, "node")).toMatchObject({ certificate: "node" });
  const kept = { type: "deploy.finished", certificate: "/a.pem", target: "node", action: "written to disk" } as const;
  expect(resultOfEvent(kept, "node")).toMatchObject({ outcome: "deployed", targets: [{ target: "node", ok: true }] });
  expect(
    resultOfEvent({ type: "deploy.step", certificate: "/a.pem", target: "node", step: "x" }, "node"),
  ).toBeUndefined();
});
