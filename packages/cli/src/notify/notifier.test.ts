import type { CertwrightEvent } from "@certwright/core";
import { memoryState, memoryStore } from "@certwright/core/store";
import { CertwrightError } from "@certwright/provider";
import { describe, expect, it } from "vitest";
import { testContext } from "../testing/fake-context.ts";
import type { Channel, Notice } from "./channel.ts";
import { createNotifier } from "./notifier.ts";
import { postNotice } from "./webhook.ts";

const failed = {
  certificate: "a.test",
  outcome: "failed",
  error: new CertwrightError("ACME_CAA", "forbidden", { hint: "Ask." }),
} as const;
const skipped = { certificate: "a.test", outcome: "skipped", reason: "not due", next: new Date(0) } as const;

/** A notifier over one channel that answers as told, and what came of it. */
function setUp(outcomes: readonly (Error | undefined)[]) {
  const sent: Notice[] = [];
  const events: CertwrightEvent[] = [];
  const answers = [...outcomes];
  const channel: Channel = {
    label: "chat",
    on: ["failed", "recovered"],
    quiet: 3_600_000,
    send: async (notice) => {
      const outcome = answers.shift();
      if (outcome !== undefined) throw outcome;
      sent.push(notice);
    },
  };
  const context = testContext();
  const notifier = createNotifier({
    channels: () => [channel],
    shares: () => ({ warning: 0.85, critical: 0.95 }),
    store: memoryStore(memoryState()),
    context,
    host: "edge1",
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  const look = async (result: Parameters<typeof notifier.add>[0]) => {
    notifier.add(result);
    await notifier.settled();
  };
  return { sent, events, look, context };
}

const busy = new CertwrightError("CLI_NOTIFY_FAILED", "answered 503", { retryable: true });
const refused = new CertwrightError("CLI_NOTIFY_FAILED", "answered 404");

describe("createNotifier", () => {
  it("tells once, stays quiet, and tells the end", async () => {
    const { sent, look, context } = setUp([]);
    await look(failed);
    await look(failed);
    expect(sent).toMatchObject([
      { version: 1, event: "failed", code: "ACME_CAA", host: "edge1", text: expect.stringContaining("edge1: a.test") },
    ]);
    context.pass(3_600_000);
    await look(failed);
    await look(skipped);
    expect(sent.map(({ event }) => event)).toEqual(["failed", "failed", "recovered"]);
  });

  it("tries again where that may help, and at the next look where it was given up", async () => {
    const { sent, events, look } = setUp([busy, busy, undefined]);
    await look(failed);
    expect(sent).toHaveLength(1);
    expect(events).toEqual([]);
    const other = setUp([busy, busy, busy, undefined]);
    await other.look(failed);
    expect(other.events).toMatchObject([{ type: "warning", code: "CLI_NOTIFY_FAILED", certificate: "a.test" }]);
    expect(other.sent).toEqual([]);
    await other.look(failed);
    expect(other.sent).toHaveLength(1);
    // Where the last was given up, one try has to do: what comes after waits for it.
    const down = setUp([busy, busy, busy, busy, undefined, busy, undefined]);
    await down.look(failed);
    await down.look({ ...failed, certificate: "b.test" });
    expect([down.sent.length, down.events.length]).toEqual([0, 2]);
    await down.look({ ...failed, certificate: "b.test" });
    await down.look({ ...failed, certificate: "c.test" });
    expect(down.sent.map(({ certificate }) => certificate)).toEqual(["b.test", "c.test"]);
    const final = setUp([refused]);
    await final.look(failed);
    expect([final.sent.length, final.events.length]).toEqual([0, 1]);
  });
});

describe("postNotice", () => {
  const notice = { version: 1, event: "failed" } as unknown as Notice;
  const post = (url: string | { env: string }, fetch: typeof globalThis.fetch) =>
    postNotice(
      notice,
      { label: "chat", url, headers: { Authorization: { env: "TOKEN" } }, timeout: 5 },
      { fetch, resolveSecret: async () => "https://chat.test/hooks/hunter22" },
      new AbortController().signal,
    );
  const answering =
    (status: number): typeof globalThis.fetch =>
    async () =>
      new Response(null, { status });

  it("follows no redirect and shows no URL", async () => {
    await post({ env: "URL" }, answering(204));
    for (const [status, retryable] of [
      [302, false],
      [404, false],
      [429, true],
      [500, true],
    ] as const) {
      const error: unknown = await post({ env: "URL" }, answering(status)).catch((reason) => reason);
      expect(error).toMatchObject({
        code: "CLI_NOTIFY_FAILED",
        retryable,
        message: `the webhook chat answered ${status}`,
      });
    }
    const down = () => Promise.reject(new TypeError("fetch failed: https://chat.test/hooks/hunter22"));
    const error: unknown = await post({ env: "URL" }, down).catch((reason) => reason);
    expect(error).toMatchObject({ retryable: true });
    expect(String(error)).not.toContain("hunter22");
  });

  it("sends nothing in the clear to others", async () => {
    const never = () => Promise.reject(new Error("it was sent"));
    await expect(post("http://chat.test/x", never)).rejects.toThrow("no https: URL");
    await expect(post("https://user:pw@chat.test/x", never)).rejects.toThrow("no https: URL");
  });
});
